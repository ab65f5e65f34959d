import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Kafka, type Producer } from 'kafkajs'
import { AgenttrailError } from '../errors.ts'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'
import { encodeEntry } from './codec.ts'
import type { LogEntry } from './entry.ts'
import type { LogSpace } from './log.ts'
import { isRefusedForSpace, refusedForSpace } from './log-room.ts'

export interface KafkaAppenderDeps {
  readonly kafka: Kafka
  readonly topic: string
  readonly partition: number
  /** Bound of what waits for the brokers. */
  readonly queueBytesMax?: number
  readonly onDurable: (end: number) => void
  readonly log: KafkaLogger
}

interface Pending {
  readonly encoded: readonly Buffer[]
  readonly bytes: number
  readonly resolve: (last: number) => void
  readonly reject: (error: Error) => void
}

const queueBytesMaxDefault = 64 << 20
/** What brokers take by default in one batch is 1 MiB; a part of a body is at most 900 KiB. */
const sendBytesMax = 950 * 1024
const retryAfterMs = 500

/**
 * Appends to one partition, one send at a time, so that the order is that of the calls. A send whose outcome is not known
 * is sent again for as long as it takes: an idempotent producer keeps the broker from taking it twice, and where the
 * producer has to be given up, ids keep the analyser from it.
 */
export class KafkaAppender {
  readonly #deps: KafkaAppenderDeps
  readonly #queueBytesMax: number
  readonly #stopping = new AbortController()
  #producer: Producer | null = null
  #queue: Pending[] = []
  #queueBytes = 0
  #running: Promise<void> | null = null

  constructor(deps: KafkaAppenderDeps) {
    this.#deps = deps
    this.#queueBytesMax = deps.queueBytesMax ?? queueBytesMaxDefault
  }

  /** What waits; Kafka's own space is its operator's. */
  space(): LogSpace {
    return { usedBytes: this.#queueBytes, bytesMax: this.#queueBytesMax }
  }

  async append(entries: readonly LogEntry[]): Promise<number> {
    if (this.#stopping.signal.aborted) throw closed()
    if (isRefusedForSpace(this.space(), entries)) throw refusedForSpace(this.space())
    const encoded = entries.map(encodeEntry)
    const bytes = encoded.reduce((sum, one) => sum + one.length, 0)
    this.#queueBytes += bytes
    return new Promise((resolve, reject) => {
      this.#queue.push({ encoded, bytes, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Waits for what is under way as long as the brokers answer; what is not taken then was never acknowledged. */
  async close(waitMs = 10_000): Promise<void> {
    const timer = setTimeout(() => this.#stopping.abort(), waitMs)
    await this.#running
    clearTimeout(timer)
    this.#stopping.abort()
    await this.#producer?.disconnect().catch(() => undefined)
  }

  async #run(): Promise<void> {
    // Appends of the same turn share the first send.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const group = this.#takeGroup()
      try {
        this.#settle(group, await this.#sendAll(group.flatMap(({ encoded }) => encoded)))
      } catch (error) {
        for (const { bytes, reject } of group) {
          this.#queueBytes -= bytes
          reject(error instanceof Error ? error : closed())
        }
      }
    }
    this.#running = null
  }

  #takeGroup(): Pending[] {
    let bytes = 0
    let count = 0
    for (const pending of this.#queue) {
      if (count > 0 && bytes + pending.bytes > sendBytesMax) break
      bytes += pending.bytes
      count += 1
    }
    return this.#queue.splice(0, count)
  }

  /** Each entry's position, in order. An append that is larger than a send goes in several. */
  async #sendAll(encoded: readonly Buffer[]): Promise<number[]> {
    const positions: number[] = []
    for (let at = 0; at < encoded.length; ) {
      let bytes = 0
      let end = at
      while (end < encoded.length && (end === at || bytes + (encoded[end]?.length ?? 0) <= sendBytesMax)) {
        bytes += encoded[end]?.length ?? 0
        end += 1
      }
      const base = await this.#send(encoded.slice(at, end))
      for (let index = at; index < end; index += 1) positions.push(base + index - at + 1)
      at = end
    }
    return positions
  }

  /** The offset of the first. */
  async #send(values: readonly Buffer[]): Promise<number> {
    const { topic, partition, log } = this.#deps
    for (;;) {
      if (this.#stopping.signal.aborted) throw closed()
      try {
        this.#producer ??= await this.#connect()
        const messages = values.map((value) => ({ value, partition }))
        const [sent] = await this.#producer.send({ topic, acks: -1, messages })
        return Number(sent?.baseOffset)
      } catch (error) {
        if (isTooLarge(error)) throw tooLarge(topic, error)
        log.warn({ topic, partition, error: String(error) }, 'entries are sent again')
        // Its sequence may be out of step with the broker's, and then nothing more is taken from it.
        void this.#producer?.disconnect().catch(() => undefined)
        this.#producer = null
        await delay(retryAfterMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      }
    }
  }

  async #connect(): Promise<Producer> {
    const producer = this.#deps.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    return producer
  }

  #settle(group: readonly Pending[], positions: readonly number[]): void {
    let at = 0
    for (const { encoded, bytes, resolve } of group) {
      at += encoded.length
      this.#queueBytes -= bytes
      const last = positions[at - 1] ?? 0
      this.#deps.onDurable(last)
      resolve(last)
    }
  }
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && Reflect.get(error, 'type') === 'MESSAGE_TOO_LARGE'

const tooLarge = (topic: string, cause: unknown): AgenttrailError =>
  new AgenttrailError(
    'AGT_LOG_FAILED',
    `The brokers refuse what is more than the topic ${topic} takes in one batch: set its max.message.bytes to 1048588 or more.`,
    { cause },
  )

const closed = (): AgenttrailError => new AgenttrailError('AGT_LOG_FAILED', 'the log is closed')
