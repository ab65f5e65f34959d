import { randomUUID } from 'node:crypto'
import type { Append } from '../ingest/transport.ts'

export interface RecordQueueDeps {
  readonly append: Append
  /** As in a record's batch. */
  readonly source: string
  readonly format: string
  readonly transport: string
  /** What its records are, for the log: `denials`. */
  readonly what: string
  /** What is more than this waits in no memory and is counted. */
  readonly recordsMax: number
  readonly log: { readonly warn: (fields: object, message: string) => void }
}

interface Queued {
  readonly realm: string
  readonly line: string
}

/** In one append. */
const appendRecordsMax = 5_000
const flushAfterMs = 20
const retryAfterMs = 1_000

/** Records that this process makes itself, on their way into the log in small batches; they wait while the log is full. */
export class RecordQueue {
  readonly #deps: RecordQueueDeps
  #queue: Queued[] = []
  #lost = 0
  #timer: NodeJS.Timeout | null = null
  #underWay: Promise<void> = Promise.resolve()

  constructor(deps: RecordQueueDeps) {
    this.#deps = deps
  }

  /** `makeLine` is not called where there is no room. */
  add(realm: string, makeLine: () => string): void {
    if (this.#queue.length >= this.#deps.recordsMax) {
      this.#lost += 1
      return
    }
    this.#queue.push({ realm, line: makeLine() })
    this.#flushAfter(flushAfterMs)
  }

  /** Appends what is left. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#underWay
    await this.#flush()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  #flushAfter(ms: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#underWay = this.#flush()
    }, ms)
  }

  async #flush(): Promise<void> {
    const { what, log, recordsMax } = this.#deps
    const queue = this.#queue
    this.#queue = []
    for (const records of batchesOf(queue)) {
      try {
        await this.#append(records)
      } catch (error) {
        // The log is full: what is newest is worth least, so the older ones keep their places.
        this.#queue = [...records, ...this.#queue].slice(0, recordsMax)
        log.warn({ err: error, records: records.length }, `${what} wait for the log`)
        this.#flushAfter(retryAfterMs)
      }
    }
    if (this.#lost > 0) log.warn({ lost: this.#lost }, `${what} were not recorded: there were too many`)
    this.#lost = 0
  }

  async #append(records: readonly Queued[]): Promise<void> {
    const realm = records[0]?.realm ?? ''
    const { append, source, format, transport } = this.#deps
    await append({
      realm,
      source,
      format,
      transport,
      identity: 'batch',
      batchId: randomUUID(),
      baseOffset: 0,
      records: records.length,
      body: Buffer.from(records.map(({ line }) => line).join('\n')),
      isBackfill: false,
    })
  }
}

/** Records of one realm each. */
const batchesOf = (queue: readonly Queued[]): readonly Queued[][] =>
  [...Map.groupBy(queue, ({ realm }) => realm).values()].flatMap((records) =>
    Array.from({ length: Math.ceil(records.length / appendRecordsMax) }, (_, at) =>
      records.slice(at * appendRecordsMax, (at + 1) * appendRecordsMax),
    ),
  )
