import kafkajs, { type Kafka, type KafkaMessage, type Producer } from 'kafkajs'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'
import { KafkaFollow, partitionBounds } from './kafka-follow.ts'

/** What one message says: what is denied under a key from now on, `null` = nothing any more. */
export interface KeyedState {
  readonly key: string
  readonly value: unknown
}

/** Writes states by key to a compacted topic: the newest of each key is kept for ever. */
export class KafkaStates {
  readonly #kafka: Kafka
  readonly #topic: string
  #producer: Promise<Producer> | null = null

  constructor(deps: { readonly kafka: Kafka; readonly topic: string }) {
    this.#kafka = deps.kafka
    this.#topic = deps.topic
  }

  /** Resolves when all are durable. */
  async put(states: readonly KeyedState[]): Promise<void> {
    this.#producer ??= this.#connect()
    const messages = states.map(({ key, value }) => ({ key, value: value === null ? null : JSON.stringify(value) }))
    try {
      await (await this.#producer).send({ topic: this.#topic, acks: -1, messages })
    } catch (error) {
      const failed = this.#producer
      this.#producer = null
      void failed?.then((producer) => producer.disconnect()).catch(() => undefined)
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#producer?.then((producer) => producer.disconnect()).catch(() => undefined)
  }

  async #connect(): Promise<Producer> {
    const producer = this.#kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    return producer
  }
}

export interface FollowStatesDeps {
  readonly kafka: Kafka
  readonly topic: string
  readonly onState: (state: KeyedState) => void
  /** Everything that was there at the start was told. */
  readonly onCaughtUp: () => void
  readonly log: KafkaLogger
}

/** Tells every state of a topic with one partition, and each change as it comes. */
export const followStates = async (deps: FollowStatesDeps): Promise<{ readonly stop: () => Promise<void> }> => {
  const { kafka, topic, onState, onCaughtUp, log } = deps
  const { low, high } = await partitionBounds({ kafka, topic, partition: 0 })
  let next = low
  let isCaughtUp = high <= low
  if (isCaughtUp) onCaughtUp()
  const onMessages = async (messages: readonly KafkaMessage[]): Promise<void> => {
    for (const { offset, key, value } of messages) {
      if (Number(offset) < next) continue
      next = Number(offset) + 1
      onState({ key: String(key), value: value === null ? null : (JSON.parse(value.toString()) as unknown) })
    }
    if (isCaughtUp || next < high) return
    isCaughtUp = true
    onCaughtUp()
  }
  return new KafkaFollow({ kafka, topic, partition: 0, from: low, onMessages, log })
}
