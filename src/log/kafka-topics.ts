import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Kafka } from 'kafkajs'
import { AgenttrailError } from '../errors.ts'
import type { KafkaLogger } from '../ingest/kafka-connection.ts'
import { partitionBounds, readToEnd } from './kafka-follow.ts'

/** The topics of one log. */
export interface KafkaTopics {
  readonly log: string
  readonly snapshots: string
  readonly revocations: string
  /** Identifies this log for ever. */
  readonly epoch: string
  readonly partitions: number
}

export interface EnsureTopicsDeps {
  readonly kafka: Kafka
  readonly prefix: string
  /** Of a log that is made now; one that exists keeps what it was made with. */
  readonly partitions: number
  readonly replicationFactor: number
  readonly log: KafkaLogger
}

/** Owners delete what their snapshots cover; nothing may go by its age. */
const keptForEver = { 'retention.ms': '-1', 'retention.bytes': '-1', 'cleanup.policy': 'delete' }
const compacted = { 'cleanup.policy': 'compact' }

/**
 * Makes the topics that are missing and reads what the log is. Whoever comes first makes them; the first message of
 * `<prefix>.epoch` is the log's identity, and later ones mean nothing. Throws `AGT_LOG_FAILED` where the log's topic has
 * another number of partitions than it was made with: realms would move to partitions that know nothing of them.
 */
export const ensureTopics = async (deps: EnsureTopicsDeps): Promise<KafkaTopics> => {
  for (let tries = 0; ; tries += 1) {
    try {
      return await tryTopics(deps)
    } catch (error) {
      // A topic that was made a moment ago is not known to every broker yet.
      const isPassing = error instanceof Error && Reflect.get(error, 'retriable') === true
      if (!isPassing || tries === triesMax) throw error
      await delay(retryAfterMs)
    }
  }
}

const triesMax = 20
const retryAfterMs = 200

const tryTopics = async (deps: EnsureTopicsDeps): Promise<KafkaTopics> => {
  const { kafka, prefix, log } = deps
  const names = { log: `${prefix}.log`, snapshots: `${prefix}.snapshots`, revocations: `${prefix}.revocations` }
  const epochTopic = `${prefix}.epoch`
  await createMissing(deps, { ...names, epoch: epochTopic })
  const first = await readEpoch({ kafka, topic: epochTopic, partition: 0, log }, deps.partitions)
  const partitions = await countPartitions(kafka, names.log)
  if (partitions !== first.partitions) {
    throw new AgenttrailError(
      'AGT_LOG_FAILED',
      `The topic ${names.log} has ${partitions} partitions and was made with ${first.partitions}. Realms keep their partition for ever: name another topic prefix, which begins a new log.`,
    )
  }
  return { ...names, ...first }
}

/** The partition of a realm: the same in every process, for as long as the log exists. */
export const partitionOf = (realm: string, partitions: number): number =>
  createHash('sha256').update(realm).digest().readUInt32BE(0) % partitions

const createMissing = async (
  { kafka, partitions, replicationFactor }: EnsureTopicsDeps,
  names: Readonly<Record<'log' | 'snapshots' | 'revocations' | 'epoch', string>>,
): Promise<void> => {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const known = await admin.listTopics()
    const minIsr = { 'min.insync.replicas': String(Math.min(2, replicationFactor)) }
    const wanted = [
      { topic: names.log, numPartitions: partitions, config: { ...keptForEver, ...minIsr } },
      { topic: names.snapshots, numPartitions: partitions, config: { ...compacted, ...minIsr } },
      { topic: names.revocations, numPartitions: 1, config: { ...compacted, ...minIsr } },
      { topic: names.epoch, numPartitions: 1, config: { ...keptForEver, ...minIsr } },
    ].filter(({ topic }) => !known.includes(topic))
    for (const { topic, numPartitions, config } of wanted) {
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }))
      // False where another process was quicker.
      await admin.createTopics({
        waitForLeaders: false,
        topics: [{ topic, numPartitions, replicationFactor, configEntries }],
      })
    }
  } finally {
    await admin.disconnect()
  }
}

const readEpoch = async (
  at: { readonly kafka: Kafka; readonly topic: string; readonly partition: number; readonly log: KafkaLogger },
  partitions: number,
): Promise<{ readonly epoch: string; readonly partitions: number }> => {
  const { high } = await partitionBounds(at)
  if (high === 0) {
    const producer = at.kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    const value = JSON.stringify({ epoch: randomUUID(), partitions })
    await producer.send({ topic: at.topic, acks: -1, messages: [{ value }] })
    await producer.disconnect()
  }
  const [first] = await readToEnd(at)
  return JSON.parse(String(first?.value)) as { epoch: string; partitions: number }
}

const countPartitions = async (kafka: Kafka, topic: string): Promise<number> => {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]?.partitions.length ?? 0
  } finally {
    await admin.disconnect()
  }
}
