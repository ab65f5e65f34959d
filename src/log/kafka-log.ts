import type { Kafka } from 'kafkajs'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'
import type { LogEntry } from './entry.ts'
import { KafkaAppender } from './kafka-appender.ts'
import { partitionBounds } from './kafka-follow.ts'
import { KafkaLogReader } from './kafka-log-reader.ts'
import type { KafkaTopics } from './kafka-topics.ts'
import type { Log, LogReader, LogSpace, PositionedEntry } from './log.ts'

export interface KafkaLogOptions {
  readonly kafka: Kafka
  readonly topics: KafkaTopics
  readonly partition: number
  readonly log: KafkaLogger
}

/** One partition of the log in Kafka. Space is the brokers': what is bounded here is what waits for them. */
export const openKafkaLog = async (options: KafkaLogOptions): Promise<Log> => {
  const { kafka, topics, partition } = options
  const { low, high } = await partitionBounds({ kafka, topic: topics.log, partition })
  return new KafkaLog(options, { first: low + 1, end: high })
}

/** The reading half. `onArrival` tells that there is more to read. */
export const openKafkaLogReader = async (
  options: KafkaLogOptions & { readonly onArrival: (end: number) => void },
): Promise<LogReader> => {
  const { kafka, topics, partition, log, onArrival } = options
  const { low, high } = await partitionBounds({ kafka, topic: topics.log, partition })
  const bounds = { first: low + 1, end: high }
  const reader = new KafkaLogReader({ kafka, topic: topics.log, partition, ...bounds, onArrival, log })
  return {
    epoch: epochOf(topics, partition),
    first: () => reader.first(),
    read: (from, bytesMax) => reader.read(from, bytesMax),
    close: () => reader.close(),
  }
}

/** Positions count in each partition from 1, so each is a log of its own to the store. */
const epochOf = ({ epoch }: KafkaTopics, partition: number): string => `${epoch}-${partition}`

class KafkaLog implements Log {
  readonly epoch: string
  readonly #options: KafkaLogOptions
  readonly #appender: KafkaAppender
  readonly #reader: KafkaLogReader
  readonly #listeners = new Set<(end: number) => void>()

  constructor(options: KafkaLogOptions, bounds: { readonly first: number; readonly end: number }) {
    const { kafka, topics, partition, log } = options
    const at = { kafka, topic: topics.log, partition, log }
    this.#options = options
    this.epoch = epochOf(topics, partition)
    this.#appender = new KafkaAppender({ ...at, onDurable: (end) => this.#appended(end) })
    this.#reader = new KafkaLogReader({ ...at, ...bounds, onArrival: (end) => this.#announce(end) })
  }

  first(): number {
    return this.#reader.first()
  }

  end(): number {
    return this.#reader.end()
  }

  space(): LogSpace {
    return this.#appender.space()
  }

  read(from: number, bytesMax: number): Promise<readonly PositionedEntry[]> {
    return this.#reader.read(from, bytesMax)
  }

  async append(entries: readonly LogEntry[]): Promise<number> {
    return entries.length === 0 ? this.end() : this.#appender.append(entries)
  }

  async trim(position: number): Promise<void> {
    const until = Math.min(position, this.end() + 1)
    if (until <= this.first()) return
    const { kafka, topics, partition } = this.#options
    const admin = kafka.admin()
    try {
      await admin.connect()
      // The client knows a topic's leaders only once it was asked something else about it.
      await admin.fetchTopicOffsets(topics.log)
      await admin.deleteTopicRecords({ topic: topics.log, partitions: [{ partition, offset: String(until - 1) }] })
    } finally {
      await admin.disconnect()
    }
    this.#reader.trimmed(until)
  }

  onAppend(listener: (end: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    await this.#appender.close()
    await this.#reader.close()
  }

  #appended(end: number): void {
    this.#reader.appended(end)
    this.#announce(end)
  }

  #announce(end: number): void {
    for (const listener of this.#listeners) listener(end)
  }
}
