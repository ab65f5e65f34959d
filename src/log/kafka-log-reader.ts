import type { Kafka, KafkaMessage } from 'kafkajs'
import { AgenttrailError } from '../errors.ts'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'
import { decodeEntry } from './codec.ts'
import { KafkaFollow } from './kafka-follow.ts'
import type { PositionedEntry } from './log.ts'

export interface KafkaLogReaderDeps {
  readonly kafka: Kafka
  readonly topic: string
  readonly partition: number
  /** Position of the last entry that is known to exist. */
  readonly end: number
  /** Position of the first one. */
  readonly first: number
  /** Something new can be read. */
  readonly onArrival: (end: number) => void
  readonly log: KafkaLogger
}

/** Fetched ahead of whoever reads. */
const bufferBytesMax = 16 << 20

interface Buffered extends PositionedEntry {
  readonly bytes: number
}

/**
 * Entries of one partition in order. A position is an offset and one; nothing in the topic takes an offset without being
 * an entry, so a jump is a gap.
 */
export class KafkaLogReader {
  readonly #deps: KafkaLogReaderDeps
  #follow: KafkaFollow | null = null
  #buffer: Buffered[] = []
  #bufferBytes = 0
  /** Position of the entry that the buffer waits for. */
  #next = 0
  #first: number
  #end: number
  #failure: AgenttrailError | null = null
  #wake: () => void = () => undefined
  #room: () => void = () => undefined

  constructor(deps: KafkaLogReaderDeps) {
    this.#deps = deps
    this.#first = deps.first
    this.#end = deps.end
  }

  first(): number {
    return this.#first
  }

  end(): number {
    return this.#end
  }

  trimmed(first: number): void {
    this.#first = Math.max(this.#first, first)
  }

  /** An entry was appended by this process. */
  appended(end: number): void {
    this.#end = Math.max(this.#end, end)
  }

  async read(from: number, bytesMax: number): Promise<readonly PositionedEntry[]> {
    if (from < this.#first) throw gap(`position ${from} was trimmed away; the oldest kept is ${this.#first}`)
    this.#position(from)
    while (this.#buffer.length === 0) {
      if (this.#failure !== null) throw this.#failure
      if (from > this.#end) return []
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#take(bytesMax)
  }

  async close(): Promise<void> {
    this.#room()
    await this.#follow?.stop()
  }

  #position(from: number): void {
    const buffered = this.#buffer[0]?.position ?? this.#next
    if (this.#follow !== null && buffered === from) return
    this.#buffer = []
    this.#bufferBytes = 0
    this.#next = from
    this.#failure = null
    this.#room()
    if (this.#follow !== null) {
      this.#follow.seek(from - 1)
      return
    }
    const { kafka, topic, partition, log } = this.#deps
    const onMessages = (messages: readonly KafkaMessage[], end: number): Promise<void> => this.#receive(messages, end)
    this.#follow = new KafkaFollow({ kafka, topic, partition, from: from - 1, onMessages, log })
  }

  #take(bytesMax: number): PositionedEntry[] {
    let bytes = 0
    let count = 0
    for (const entry of this.#buffer) {
      if (count > 0 && bytes + entry.bytes > bytesMax) break
      bytes += entry.bytes
      count += 1
    }
    this.#bufferBytes -= bytes
    if (this.#bufferBytes < bufferBytesMax) this.#room()
    const taken = this.#buffer.splice(0, count)
    if (this.#buffer.length === 0) this.#next = (taken.at(-1)?.position ?? 0) + 1
    return taken.map(({ position, entry }) => ({ position, entry }))
  }

  async #receive(messages: readonly KafkaMessage[], end: number): Promise<void> {
    this.#end = Math.max(this.#end, end)
    for (const message of messages) {
      if (this.#failure !== null) break
      this.#accept(message)
    }
    this.#wake()
    this.#deps.onArrival(this.#end)
    if (this.#bufferBytes < bufferBytesMax) return
    await new Promise<void>((resolve) => {
      this.#room = resolve
    })
  }

  #accept(message: KafkaMessage): void {
    const position = Number(message.offset) + 1
    const wanted = (this.#buffer.at(-1)?.position ?? this.#next - 1) + 1
    // After a join the client begins anew, and what was asked for follows.
    if (position < wanted) return
    if (position > wanted) {
      this.#failure = gap(`position ${wanted} is missing; the next one is ${position}`)
      return
    }
    try {
      const value = message.value ?? Buffer.alloc(0)
      this.#buffer.push({ position, entry: decodeEntry(value, position), bytes: value.length })
      this.#bufferBytes += value.length
    } catch (error) {
      this.#failure = error instanceof AgenttrailError ? error : gap(`position ${position} cannot be read: ${error}`)
    }
  }
}

const gap = (what: string): AgenttrailError => new AgenttrailError('AGT_LOG_GAP', `the log has a gap: ${what}`)
