import { createHash } from 'node:crypto'
import kafkajs, { type Kafka } from 'kafkajs'
import { z } from 'zod'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'
import { readToEnd } from './kafka-follow.ts'

export interface KafkaSnapshotsDeps {
  readonly kafka: Kafka
  readonly topic: string
  readonly partition: number
  readonly log: KafkaLogger
}

export interface KeptSnapshot {
  readonly position: number
  readonly bytes: Buffer
}

/** Brokers take 1 MiB in one batch by default. */
const chunkBytesMax = 900 * 1000
/** One more than recovery may need: the one that is written never takes the place of the two newest. */
const slots = 3

const closingSchema = z.object({ position: z.number(), chunks: z.number(), sha256: z.string() })

/**
 * Snapshots of one partition's analyser in a compacted topic. Each is in a slot: its chunks, then a message that closes it
 * with their number and hash, so that one that was broken off counts for nothing.
 */
export class KafkaSnapshots {
  readonly #deps: KafkaSnapshotsDeps
  /** Position of what each slot holds. */
  #slots: number[] = Array.from({ length: slots }, () => 0)

  constructor(deps: KafkaSnapshotsDeps) {
    this.#deps = deps
  }

  /** Those that are whole, newest first. */
  async load(): Promise<readonly KeptSnapshot[]> {
    const { kafka, topic, partition, log } = this.#deps
    const values = new Map<string, Buffer | null>()
    for (const { key, value } of await readToEnd({ kafka, topic, partition, log })) values.set(String(key), value)
    const found = this.#slots.map((_, slot) => readSlot(values, slot))
    this.#slots = found.map((snapshot) => snapshot?.position ?? 0)
    return found.filter((snapshot) => snapshot !== null).sort((a, b) => b.position - a.position)
  }

  /** Keeps a snapshot beside the two newest. Resolves when it is durable. */
  async save({ position, bytes }: KeptSnapshot): Promise<void> {
    const { kafka, topic, partition } = this.#deps
    const slot = this.#slots.indexOf(Math.min(...this.#slots))
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    try {
      await producer.connect()
      let chunks = 0
      for (let at = 0; at < bytes.length; at += chunkBytesMax, chunks += 1) {
        const value = bytes.subarray(at, at + chunkBytesMax)
        await producer.send({ topic, acks: -1, messages: [{ partition, key: chunkKey(slot, chunks), value }] })
      }
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      const value = JSON.stringify({ position, chunks, sha256 })
      await producer.send({ topic, acks: -1, messages: [{ partition, key: closingKey(slot), value }] })
      this.#slots[slot] = position
    } finally {
      await producer.disconnect().catch(() => undefined)
    }
  }

  /** Position from which the log is still needed with what is kept here: that behind the second newest snapshot. */
  logFrom(): number {
    const [, second = 0] = [...this.#slots].sort((a, b) => b - a)
    return second + 1
  }
}

const closingKey = (slot: number): string => `${slot}`
const chunkKey = (slot: number, chunk: number): string => `${slot}/${chunk}`

const readSlot = (values: ReadonlyMap<string, Buffer | null>, slot: number): KeptSnapshot | null => {
  const closing = values.get(closingKey(slot))
  if (!closing) return null
  const { position, chunks, sha256 } = closingSchema.parse(JSON.parse(closing.toString()))
  const parts = Array.from({ length: chunks }, (_, chunk) => values.get(chunkKey(slot, chunk)) ?? Buffer.alloc(0))
  const bytes = Buffer.concat(parts)
  return createHash('sha256').update(bytes).digest('hex') === sha256 ? { position, bytes } : null
}
