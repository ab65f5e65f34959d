import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, {
  type Consumer,
  type EachBatchPayload,
  type Kafka,
  type KafkaMessage,
  type PartitionAssigner,
} from 'kafkajs'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'

export interface FollowDeps {
  readonly kafka: Kafka
  readonly topic: string
  readonly partition: number
  /** Offset of the first message wanted. */
  readonly from: number
  /** Awaited before more is fetched. `end` is the offset behind the partition's last message. */
  readonly onMessages: (messages: readonly KafkaMessage[], end: number) => Promise<void>
  readonly log: KafkaLogger
}

const fetchWaitMs = 250
const restartAfterMs = 500
const heartbeatMs = 3_000
const fetchBytesMax = 8 << 20

/**
 * Reads one partition from an offset on and goes on for ever, without a group that shares it: the client knows only
 * groups, so this one is of one member, is given this partition, and commits nothing. Messages may come that lie before
 * the offset wanted, or again: a receiver goes by their offsets.
 */
export class KafkaFollow {
  readonly #deps: FollowDeps
  readonly #stopping = new AbortController()
  readonly #group = `agenttrail-reader-${randomUUID()}`
  #consumer: Consumer | null = null
  #next: number
  #running: Promise<void>

  constructor(deps: FollowDeps) {
    this.#deps = deps
    this.#next = deps.from
    this.#running = this.#run()
  }

  /** From here on, whatever was fetched meanwhile. */
  seek(offset: number): void {
    this.#next = offset
    this.#seek()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const reason = await this.#follow()
      if (signal.aborted) return
      const { topic, partition, log } = this.#deps
      log.warn({ topic, partition, error: String(reason) }, 'Kafka is read again in a moment')
      await delay(restartAfterMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** Resolves with the reason when the consumer can not go on. */
  async #follow(): Promise<unknown> {
    const { kafka, topic, partition } = this.#deps
    const consumer = kafka.consumer({
      groupId: this.#group,
      partitionAssigners: [assignerOf(topic, partition)],
      maxWaitTimeInMs: fetchWaitMs,
      maxBytesPerPartition: fetchBytesMax,
      heartbeatInterval: heartbeatMs,
      retry: { restartOnFailure: async () => false },
    })
    this.#consumer = consumer
    const ended = Promise.withResolvers<unknown>()
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.resolve(payload.error))
    // After each join the client would begin at the partition's first message.
    consumer.on(consumer.events.GROUP_JOIN, () => this.#seek())
    this.#stopping.signal.addEventListener('abort', () => ended.resolve(undefined), { once: true })
    this.#join(consumer).catch(ended.resolve)
    const reason = await ended.promise
    this.#consumer = null
    await consumer.disconnect().catch(() => undefined)
    return reason
  }

  async #join(consumer: Consumer): Promise<void> {
    await consumer.connect()
    if (this.#stopping.signal.aborted) return
    await consumer.subscribe({ topics: [this.#deps.topic], fromBeginning: true })
    const eachBatch = (payload: EachBatchPayload): Promise<void> => this.#eachBatch(payload)
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch })
  }

  #seek(): void {
    const { topic, partition } = this.#deps
    try {
      this.#consumer?.seek({ topic, partition, offset: String(this.#next) })
    } catch {
      // Not running yet: the join that follows seeks.
    }
  }

  async #eachBatch({ batch, resolveOffset, heartbeat, isStale }: EachBatchPayload): Promise<void> {
    const beat = setInterval(() => void heartbeat().catch(() => undefined), heartbeatMs)
    try {
      await this.#deps.onMessages(batch.messages, Number(batch.highWatermark))
    } finally {
      clearInterval(beat)
    }
    if (isStale() || this.#stopping.signal.aborted) return
    const last = batch.lastOffset()
    resolveOffset(last)
    this.#next = Number(last) + 1
  }
}

const { AssignerProtocol } = kafkajs
const userData = Buffer.alloc(0)

/** Gives every member the one partition. */
const assignerOf =
  (topic: string, partition: number): PartitionAssigner =>
  () => ({
    name: 'agenttrail-one-partition',
    version: 1,
    assign: async ({ members }) =>
      members.map(({ memberId }) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment: { [topic]: [partition] },
          userData,
        }),
      })),
    protocol: ({ topics }) => ({
      name: 'agenttrail-one-partition',
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData }),
    }),
  })

/** What a partition holds now, in order. */
export const readToEnd = async (deps: Omit<FollowDeps, 'from' | 'onMessages'>): Promise<KafkaMessage[]> => {
  const { low, high } = await partitionBounds(deps)
  const found: KafkaMessage[] = []
  if (low >= high) return found
  let next = low
  const done = Promise.withResolvers<void>()
  const follow = new KafkaFollow({
    ...deps,
    from: low,
    onMessages: async (messages) => {
      for (const message of messages) {
        if (Number(message.offset) < next) continue
        found.push(message)
        next = Number(message.offset) + 1
      }
      // Compaction may have taken the last of them away, but never the newest of a key: the end is always there.
      if (next >= high) done.resolve()
    },
  })
  await done.promise
  await follow.stop()
  return found
}

/** Offsets of the first message of a partition and behind its last one. */
export const partitionBounds = async (
  deps: Pick<FollowDeps, 'kafka' | 'topic' | 'partition'>,
): Promise<{ readonly low: number; readonly high: number }> => {
  const admin = deps.kafka.admin()
  try {
    await admin.connect()
    const offsets = await admin.fetchTopicOffsets(deps.topic)
    const found = offsets.find(({ partition }) => partition === deps.partition)
    return { low: Number(found?.low ?? 0), high: Number(found?.high ?? 0) }
  } finally {
    await admin.disconnect()
  }
}
