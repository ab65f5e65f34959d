import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import { AgenttrailError } from '../../src/errors.ts'
import { createKafka, type KafkaConnection, type KafkaLogger } from '../../src/ingest/kafka-connection.ts'
import type { Intake, Transport } from '../../src/ingest/transport.ts'
import { installCodecs } from './kafka/codecs.ts'
import { messageRuns, type Run } from './kafka/message-runs.ts'

export interface KafkaTransportOptions {
  readonly intake: Intake
  readonly connection: KafkaConnection
  /** The consumer group: processes of one group share the partitions. */
  readonly group: string
  readonly topics: readonly KafkaTopic[]
  readonly log: KafkaLogger
}

/** One topic, whose messages are one format's records. */
export interface KafkaTopic {
  readonly topic: string
  /** A format's name or `auto`. */
  readonly format: string
  /** `''` = the topic. Each partition is a source of its own, as each is read at its own pace. */
  readonly source: string
  readonly realm: string
}

const sessionTimeoutMs = 30_000
const rebalanceTimeoutMs = 60_000
const heartbeatMs = 3_000
/** How long a fetch without records takes; a stop waits for it. */
const fetchWaitMs = 500
const restartAfterMs = 1_000

/**
 * Reads topics as a member of a consumer group. Records are known by topic, partition and offset; an offset is committed
 * after its record is durable. A batch that cannot be decompressed becomes dead letters, and the partition goes on.
 */
export const createKafkaTransport = (options: KafkaTransportOptions): Transport => new KafkaReader(options)

class KafkaReader implements Transport {
  readonly name: string
  readonly #options: KafkaTransportOptions
  readonly #stopping = new AbortController()
  #consumer: Consumer | null = null
  #clusterId = ''
  #running: Promise<void> = Promise.resolve()

  constructor(options: KafkaTransportOptions) {
    this.name = `kafka:${options.topics.map(({ topic }) => topic).join(',')}`
    this.#options = options
  }

  async start(): Promise<void> {
    installCodecs()
    // Brokers that are away now may come: waiting for them would keep everything else from starting.
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#consumer?.disconnect().catch(() => undefined)
    await this.#running
  }

  /** The client gives up on some errors for good; then a new one takes over. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const reason = await this.#consume().catch((error: unknown) => error)
      if (signal.aborted) return
      this.#options.log.warn({ source: this.name, error: String(reason) }, 'Kafka is read again in a moment')
      await delay(restartAfterMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Resolves with the reason when the consumer can not go on, or when the transport stops. */
  async #consume(): Promise<unknown> {
    const { connection, group, log } = this.#options
    const kafka = createKafka(connection, log)
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: fetchWaitMs,
      // The loop around this begins anew, whatever the reason.
      retry: { restartOnFailure: async () => false },
    })
    this.#consumer = consumer
    const ended = Promise.withResolvers<unknown>()
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.resolve(payload.error))
    this.#stopping.signal.addEventListener('abort', () => ended.resolve(undefined), { once: true })
    // While brokers are away joining takes long, and a stop does not wait for it.
    this.#join(kafka, consumer).catch(ended.resolve)
    const reason = await ended.promise
    await consumer.disconnect().catch(() => undefined)
    return reason
  }

  async #join(kafka: Kafka, consumer: Consumer): Promise<void> {
    const admin = kafka.admin()
    await admin.connect()
    this.#clusterId = (await admin.describeCluster()).clusterId
    await admin.disconnect()
    if (this.#stopping.signal.aborted) return
    await consumer.connect()
    await consumer.subscribe({ topics: this.#options.topics.map(({ topic }) => topic), fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#eachBatch(payload),
    })
  }

  async #eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, resolveOffset, commitOffsetsIfNecessary } = payload
    const { topic, partition } = batch
    const settings = this.#options.topics.find((one) => one.topic === topic)
    if (settings === undefined) return
    // An append may wait for room for longer than the group waits for a sign of life.
    const beat = setInterval(() => void heartbeat().catch(() => undefined), heartbeatMs)
    try {
      for (const run of messageRuns(`${this.#clusterId}/${topic}/${partition}`, batch.messages)) {
        if (!(await this.#append(run, settings, payload))) return
      }
    } finally {
      clearInterval(beat)
    }
    const last = batch.lastOffset()
    resolveOffset(last)
    const offset = String(BigInt(last) + 1n)
    // The consumer's own `commitOffsets` would end it for good after a long stop; this one lets it join again.
    await commitOffsetsIfNecessary({ topics: [{ topic, partitions: [{ partition, offset }] }] })
  }

  /** Until the log has it; false where the partition is no longer this member's to read, or the transport stops. */
  async #append(run: Run, settings: KafkaTopic, payload: EachBatchPayload): Promise<boolean> {
    const { intake, log } = this.#options
    const { signal } = this.#stopping
    const { topic, partition } = payload.batch
    const { format, realm } = settings
    const source = `${settings.source === '' ? topic : settings.source}/${partition}`
    while (!signal.aborted && !payload.isStale()) {
      try {
        await intake.append({ ...run, realm, source, format, transport: 'kafka', isBackfill: false })
        return true
      } catch (error) {
        const isFull = error instanceof AgenttrailError && error.code === 'AGT_LOG_FULL'
        if (!isFull) log.warn({ topic, partition, error: String(error) }, 'messages will be appended again')
      }
      await delay(intake.retryAfterSeconds * 1000, undefined, { signal }).catch(() => undefined)
    }
    return false
  }
}
