import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, Kafka } from 'kafkajs'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'

export interface PartitionGroupDeps {
  readonly kafka: Kafka
  readonly group: string
  readonly topic: string
  /** The partitions that are this member's now. Awaited before the next change is told. */
  readonly onAssigned: (partitions: readonly number[]) => Promise<void>
  readonly log: KafkaLogger
}

/** A member that is silent for so long is taken for dead: most of what a takeover costs. */
const sessionTimeoutMs = 6_000
const heartbeatMs = 1_000
const rebalanceTimeoutMs = 10_000
const idleWaitMs = 500
const restartAfterMs = 500

/**
 * Shares the partitions of a topic among the processes of a group, by Kafka's own group protocol. Only membership is
 * used: nothing is fetched, as an owner reads its partition from where its snapshot ends.
 */
export class PartitionGroup {
  readonly #deps: PartitionGroupDeps
  readonly #stopping = new AbortController()
  #running: Promise<void> = Promise.resolve()
  #changes: Promise<void> = Promise.resolve()

  constructor(deps: PartitionGroupDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#running = this.#run()
  }

  /** Leaves the group, so that others take over at once. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#changes
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const reason = await this.#takePart()
      if (signal.aborted) return
      this.#deps.log.warn({ group: this.#deps.group, error: String(reason) }, 'the group is joined again in a moment')
      await delay(restartAfterMs, undefined, { signal }).catch(() => undefined)
    }
  }

  async #takePart(): Promise<unknown> {
    const { kafka, group, topic } = this.#deps
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: idleWaitMs,
      retry: { restartOnFailure: async () => false },
    })
    const ended = Promise.withResolvers<unknown>()
    consumer.on(consumer.events.CRASH, ({ payload }) => ended.resolve(payload.error))
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      consumer.pause([{ topic }])
      this.#assigned(payload.memberAssignment[topic] ?? [])
    })
    this.#stopping.signal.addEventListener('abort', () => ended.resolve(undefined), { once: true })
    this.#join(consumer).catch(ended.resolve)
    const reason = await ended.promise
    await consumer.disconnect().catch(() => undefined)
    return reason
  }

  async #join(consumer: Consumer): Promise<void> {
    await consumer.connect()
    if (this.#stopping.signal.aborted) return
    await consumer.subscribe({ topics: [this.#deps.topic], fromBeginning: false })
    await consumer.run({ autoCommit: false, eachBatch: async () => undefined })
  }

  #assigned(partitions: readonly number[]): void {
    this.#changes = this.#changes.then(() => this.#deps.onAssigned(partitions))
  }
}
