import { randomUUID } from 'node:crypto'
import type { AuditRead, RecordRead } from '../api/record-reads.ts'
import type { CommandEntry } from '../log/entry.ts'
import type { Log } from '../log/log.ts'

export interface ReadRecorderDeps {
  readonly log: Pick<Log, 'append'>
  readonly now: () => number
  /** Where what was counted meanwhile could not be recorded. */
  readonly onFailure: (error: unknown) => void
}

/** An open page asks the same many times a minute: the first time is recorded, repetitions as one with their number. */
const repeatsWithinMs = 60_000
const keysMax = 10_000

interface Known {
  readonly read: AuditRead
  readonly untilMs: number
  times: number
  lastMs: number
}

/** Puts reads of audit data into the log. */
export class ReadRecorder {
  readonly #deps: ReadRecorderDeps
  readonly #known = new Map<string, Known>()
  readonly #timer: NodeJS.Timeout

  constructor(deps: ReadRecorderDeps) {
    this.#deps = deps
    this.#timer = setInterval(() => void this.#flush(deps.now()), repeatsWithinMs / 4).unref()
  }

  readonly record: RecordRead = async (read) => {
    const nowMs = this.#deps.now()
    const key = JSON.stringify(read)
    const known = this.#known.get(key)
    if (known !== undefined && nowMs < known.untilMs) {
      known.times += 1
      known.lastMs = nowMs
      return
    }
    await this.#deps.log.append([
      ...(known === undefined || known.times === 0 ? [] : [entryOf(known)]),
      entryOf({ read, times: 1, lastMs: nowMs }),
    ])
    if (this.#known.size < keysMax || known !== undefined) {
      this.#known.set(key, { read, untilMs: nowMs + repeatsWithinMs, times: 0, lastMs: nowMs })
    }
  }

  /** Records what is still only counted. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#flush(Number.POSITIVE_INFINITY)
  }

  async #flush(nowMs: number): Promise<void> {
    const due = [...this.#known].filter(([, { untilMs }]) => untilMs <= nowMs)
    for (const [key] of due) this.#known.delete(key)
    const repeated = due.map(([, known]) => known).filter(({ times }) => times > 0)
    if (repeated.length === 0) return
    await this.#deps.log.append(repeated.map(entryOf)).catch(this.#deps.onFailure)
  }
}

const entryOf = ({ read, times, lastMs }: Pick<Known, 'read' | 'times' | 'lastMs'>): CommandEntry => {
  const { realm, by, ...rest } = read
  const command = { type: 'read', reads: [{ timeMs: lastMs, ...rest, times }] } as const
  return { kind: 'command', commandId: `r-${randomUUID()}`, realm, by, timeMs: lastMs, command }
}
