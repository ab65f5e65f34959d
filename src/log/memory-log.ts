import { randomUUID } from 'node:crypto'
import { AgenttrailError } from '../errors.ts'
import { encodeEntry } from './codec.ts'
import type { LogEntry } from './entry.ts'
import type { Log, LogReader, PositionedEntry } from './log.ts'
import { isRefusedForSpace, refusedForSpace } from './log-room.ts'
import { readEntries } from './read-entries.ts'

export interface MemoryLogOptions {
  readonly epoch?: string
  readonly bytesMax?: number
  /** Awaited before an append becomes durable: a test can hold it, or make it fail (then the log has failed). */
  readonly beforeDurable?: () => Promise<void>
}

/** A log in memory, for tests and `scan`. It keeps encoded entries, so it behaves like the one on disk. */
export class MemoryLog implements Log {
  readonly epoch: string
  readonly #bytesMax: number
  readonly #beforeDurable: () => Promise<void>
  readonly #entries = new Map<number, Buffer>()
  readonly #listeners = new Set<(end: number) => void>()
  #first = 1
  #end = 0
  #usedBytes = 0
  #tail: Promise<unknown> = Promise.resolve()
  #failure: AgenttrailError | undefined
  /** Counts crashes: an append begun before one never becomes durable. */
  #life = 0

  constructor(options: MemoryLogOptions = {}) {
    this.epoch = options.epoch ?? randomUUID()
    this.#bytesMax = options.bytesMax ?? Number.MAX_SAFE_INTEGER
    this.#beforeDurable = options.beforeDurable ?? (() => Promise.resolve())
  }

  first(): number {
    return this.#first
  }

  end(): number {
    return this.#end
  }

  space(): { usedBytes: number; bytesMax: number } {
    return { usedBytes: this.#usedBytes, bytesMax: this.#bytesMax }
  }

  read(from: number, bytesMax: number): readonly PositionedEntry[] {
    return readEntries(
      { first: () => this.#first, end: () => this.#end, get: (position) => this.#entries.get(position) },
      from,
      bytesMax,
    )
  }

  async append(entries: readonly LogEntry[]): Promise<number> {
    if (entries.length === 0) return this.#end
    if (this.#failure !== undefined) throw this.#failure
    if (isRefusedForSpace(this.space(), entries)) throw refusedForSpace(this.space())
    const encoded = entries.map(encodeEntry)
    const bytes = encoded.reduce((sum, one) => sum + one.length, 0)
    this.#usedBytes += bytes
    const life = this.#life
    const turn = this.#tail.then(() => this.#makeDurable(encoded, life))
    this.#tail = turn.catch(() => undefined)
    return turn
  }

  async trim(position: number): Promise<void> {
    const until = Math.min(position, this.#end + 1)
    for (; this.#first < until; this.#first += 1) {
      this.#usedBytes -= this.#entries.get(this.#first)?.length ?? 0
      this.#entries.delete(this.#first)
    }
  }

  onAppend(listener: (end: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    await this.#tail
    this.#failure ??= new AgenttrailError('AGT_LOG_FAILED', 'the log is closed')
  }

  /** What a killed process leaves: appends not yet acknowledged are gone and rejected; the log opens anew, listeners gone. */
  crash(): void {
    this.#life += 1
    this.#failure = undefined
    this.#listeners.clear()
    this.#tail = Promise.resolve()
    this.#usedBytes = [...this.#entries.values()].reduce((sum, one) => sum + one.length, 0)
  }

  async #makeDurable(encoded: readonly Buffer[], life: number): Promise<number> {
    if (this.#failure !== undefined) throw this.#failure
    try {
      await this.#beforeDurable()
    } catch (error) {
      this.#failure ??= new AgenttrailError('AGT_LOG_FAILED', 'writing the log failed', { cause: error })
      throw this.#failure
    }
    if (life !== this.#life) throw new AgenttrailError('AGT_LOG_FAILED', 'the process crashed before this was durable')
    for (const bytes of encoded) {
      this.#end += 1
      this.#entries.set(this.#end, bytes)
    }
    for (const listener of this.#listeners) listener(this.#end)
    return this.#end
  }
}

/** The reading half of a log in memory; closing it leaves the log open. */
export const openMemoryLogReader = (log: MemoryLog): LogReader => ({
  epoch: log.epoch,
  first: () => log.first(),
  read: (from, bytesMax) => log.read(from, bytesMax),
  close: async () => undefined,
})
