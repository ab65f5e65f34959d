import type { Log } from '../log/log.ts'

/** `DESIGN.md` §4: a store batch ends after 250 ms or 20,000 records. */
const markEveryMs = 250
const markRecordsMax = 20_000
/** Time in the log: fine enough for lateness and silence, which are counted in seconds. */
const tickEveryMs = 1_000

export interface LogOwnerDeps {
  readonly log: Log
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
}

/** Appends time and the ends of store batches to the log: there is nobody else who may. */
export class LogOwner {
  readonly #deps: LogOwnerDeps
  #recordsSinceMark = 0
  #isMarkDue = false
  #timer: NodeJS.Timeout | null = null
  #lastTickMs = 0
  #pending: Promise<unknown> = Promise.resolve()

  constructor(deps: LogOwnerDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#append()
    this.#timer = setInterval(() => this.#append(), markEveryMs)
  }

  /** Records were appended: a mark follows. */
  appended(records: number): void {
    this.#recordsSinceMark += records
    this.#isMarkDue = true
    if (this.#recordsSinceMark >= markRecordsMax) this.#append()
  }

  /** The analyser has rows that no record is about to bring a mark for. */
  wantMark(): void {
    this.#isMarkDue = true
  }

  /** Appends a last tick and mark and stops. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
    this.#isMarkDue = true
    this.#append()
    await this.#pending
  }

  #append(): void {
    const nowMs = this.#deps.now()
    const isTickDue = nowMs - this.#lastTickMs >= tickEveryMs || this.#timer === null
    if (!isTickDue && !this.#isMarkDue) return
    const entries = [
      ...(isTickDue ? [{ kind: 'tick', timeMs: nowMs } as const] : []),
      ...(this.#isMarkDue ? [{ kind: 'mark' } as const] : []),
    ]
    if (isTickDue) this.#lastTickMs = nowMs
    if (this.#isMarkDue) this.#recordsSinceMark = 0
    this.#isMarkDue = false
    this.#pending = this.#deps.log.append(entries).catch(this.#deps.onFailure)
  }
}
