import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'
import type { StoreClient } from './client.ts'
import { completeInsert } from './complete-insert.ts'
import type { SealedSegment } from './segments.ts'
import { tables } from './tables/all.ts'
import { columnList, segmentSource, type Table } from './tables/table.ts'

/** Highest mark per table of which the store holds rows. */
export type StoredMarks = Readonly<Record<string, number>>

export interface StoreWriterDeps {
  readonly client: StoreClient
  /** `path` where the store reads our files itself, `body` where they are sent. */
  readonly segmentMode: 'path' | 'body'
  readonly stored: StoredMarks
  /** Marks up to here may have been sent before, by a process that died: what became of them is looked at. */
  readonly checkThrough?: number
  readonly onLog?: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

export interface StoreWriter {
  /** Takes the segments of a mark, in mark order. They are inserted in the background, their files removed after. */
  readonly enqueue: (mark: number, segments: readonly SealedSegment[]) => void
  /** The highest mark at and below which everything is confirmed. */
  readonly storedThrough: () => number
  readonly onStored: (listener: (mark: number) => void) => () => void
  readonly pendingBytes: () => number
  /** Resolves when nothing is pending, or at `stop`. */
  readonly drain: () => Promise<void>
  /** Ends after the inserts under way; what is pending comes again from the log. */
  readonly stop: () => Promise<void>
}

/** The engine takes two inserts at once; more only wait in it. */
const insertsInFlightMax = 2
const retryDelayMinMs = 50
const retryDelayMaxMs = 5_000

/** Asked once at start: what is stored already is not sent again. */
export const loadStoredMarks = async (client: StoreClient, epoch: string): Promise<StoredMarks> => {
  const marks: Record<string, number> = {}
  for (const { name } of tables) {
    const [row] = await client.query<{ readonly mark: number }>(
      `SELECT max(log_mark) AS mark FROM ${name} WHERE log_epoch = {epoch:String}`,
      { epoch },
    )
    marks[name] = row?.mark ?? 0
  }
  return marks
}

export const createStoreWriter = (deps: StoreWriterDeps): StoreWriter => new SegmentWriter(deps)

/**
 * Inserts each table's segments in the order of marks, tables beside each other. An insert whose outcome is not known is
 * sent again under the same token, which the store drops if it has it.
 */
class SegmentWriter implements StoreWriter {
  readonly #deps: StoreWriterDeps
  readonly #queues = new Map<string, SealedSegment[]>()
  readonly #busy = new Set<string>()
  /** Marks that are not stored yet, oldest first, with the number of inserts that each still waits for. */
  readonly #waiting = new Map<number, number>()
  readonly #listeners = new Set<(mark: number) => void>()
  readonly #running = new Set<Promise<void>>()
  #storedThrough = 0
  #pendingBytes = 0
  readonly #stopped = new AbortController()

  constructor(deps: StoreWriterDeps) {
    this.#deps = deps
  }

  storedThrough = (): number => this.#storedThrough
  pendingBytes = (): number => this.#pendingBytes

  onStored = (listener: (mark: number) => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  enqueue = (mark: number, segments: readonly SealedSegment[]): void => {
    let inserts = 0
    for (const segment of segments) {
      // The highest mark of a table may be there in part: an insert into two months is two parts. Its token sorts it out.
      if (mark < (this.#deps.stored[segment.table] ?? 0)) {
        void rm(segment.file, { force: true })
        continue
      }
      inserts += 1
      this.#pendingBytes += segment.bytes
      const queue = this.#queues.get(segment.table)
      if (queue === undefined) this.#queues.set(segment.table, [segment])
      else queue.push(segment)
    }
    this.#waiting.set(mark, inserts)
    this.#settle()
    this.#startInserts()
  }

  drain = async (): Promise<void> => {
    while (this.#waiting.size > 0 && !this.#isStopped) await sleep(5)
  }

  stop = async (): Promise<void> => {
    this.#stopped.abort()
    await Promise.all(this.#running)
  }

  #startInserts(): void {
    for (const [table, queue] of this.#queues) {
      if (this.#isStopped || this.#busy.size >= insertsInFlightMax) return
      const segment = queue[0]
      if (segment === undefined || this.#busy.has(table)) continue
      queue.shift()
      this.#busy.add(table)
      // To the end of the line: otherwise the first tables would always go first.
      this.#queues.delete(table)
      this.#queues.set(table, queue)
      const running = this.#insert(segment).finally(() => {
        this.#busy.delete(table)
        this.#running.delete(running)
        this.#startInserts()
      })
      this.#running.add(running)
    }
  }

  async #insert(segment: SealedSegment): Promise<void> {
    let isDoubtful = segment.mark <= (this.#deps.checkThrough ?? 0)
    for (let delayMs = retryDelayMinMs; !this.#isStopped; delayMs = Math.min(delayMs * 2, retryDelayMaxMs)) {
      try {
        await this.#send(segment)
        if (isDoubtful) await this.#complete(segment)
        this.#confirm(segment)
        return
      } catch (error) {
        isDoubtful = true
        // A refusal is our own fault or the server's state; either way only waiting keeps what was accepted.
        const code = error instanceof AgenttrailError ? error.code : 'unknown'
        this.#deps.onLog?.(
          { table: segment.table, mark: segment.mark, code, error: String(error) },
          'insert will be repeated',
        )
        await this.#pause(delayMs)
      }
    }
  }

  get #isStopped(): boolean {
    return this.#stopped.signal.aborted
  }

  async #pause(ms: number): Promise<void> {
    // `stop` ends it, and that is not an error.
    await sleep(ms, undefined, { signal: this.#stopped.signal }).catch(() => undefined)
  }

  async #send(segment: SealedSegment): Promise<void> {
    const table = tableOf(segment.table)
    // Pairs of rows that cancel are few within one insert; looking for them costs a quarter of it, and merges do it anyway.
    const settings = `insert_deduplication_token = '${segment.token}', optimize_on_insert = 0`
    const into = `INSERT INTO ${table.name} (${columnList(table)}) SETTINGS ${settings}`
    if (this.#deps.segmentMode === 'body') {
      await this.#deps.client.insertStream(`${into} FORMAT RowBinary`, createReadStream(segment.file))
      return
    }
    // An insert of a selection is deduplicated by a setting of its own, whose default may change.
    await this.#deps.client.command(
      `${into}, deduplicate_insert_select = 'force_enable' SELECT * FROM ${segmentSource(table, segment.file)}`,
    )
  }

  #complete(segment: SealedSegment): Promise<void> {
    const { client, segmentMode, onLog } = this.#deps
    const pause = (ms: number): Promise<void> => this.#pause(ms)
    return completeInsert({ client, table: tableOf(segment.table), segment, segmentMode, pause, onLog })
  }

  #confirm(segment: SealedSegment): void {
    void rm(segment.file, { force: true })
    this.#pendingBytes -= segment.bytes
    this.#waiting.set(segment.mark, (this.#waiting.get(segment.mark) ?? 1) - 1)
    this.#settle()
  }

  /** A mark is stored when it and all before it are. */
  #settle(): void {
    const before = this.#storedThrough
    for (const [mark, inserts] of this.#waiting) {
      if (inserts > 0) break
      this.#waiting.delete(mark)
      this.#storedThrough = mark
    }
    if (this.#storedThrough !== before) for (const listener of this.#listeners) listener(this.#storedThrough)
  }
}

const tableOf = (name: string): Table<never> => {
  const table = tables.find((candidate) => candidate.name === name)
  if (table === undefined) throw new AgenttrailError('AGT_STORE_REFUSED', `There is no table ${name}.`)
  return table
}
