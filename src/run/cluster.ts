import { setTimeout as delay } from 'node:timers/promises'
import type { Kafka } from 'kafkajs'
import type { Config } from '../config.ts'
import type { KafkaLogAddress } from '../config-log.ts'
import { AgenttrailError } from '../errors.ts'
import { createKafka, type KafkaConnection } from '../ingest/kafka-connection.ts'
import type { Append, Intake } from '../ingest/transport.ts'
import { createAppend } from '../log/append-batch.ts'
import type { LogEntry } from '../log/entry.ts'
import { KafkaAppender } from '../log/kafka-appender.ts'
import { ensureTopics, type KafkaTopics, partitionOf } from '../log/kafka-topics.ts'
import { hasRoom } from '../log/log-room.ts'
import type { Logger } from '../telemetry/logger.ts'

/** What a source that was turned away is told to wait. */
const retryAfterSeconds = 2

/** The log of a cluster as a process sees that only adds to it. */
export interface Cluster {
  readonly kafka: Kafka
  readonly connection: KafkaConnection
  readonly topics: KafkaTopics
  /** Records go to their realm's partition. */
  readonly intake: Intake
  readonly appendTo: (realm: string, entries: readonly LogEntry[]) => Promise<number>
  readonly close: () => Promise<void>
}

export const openCluster = async (deps: {
  readonly address: KafkaLogAddress
  readonly config: Pick<Config, 'kafka'>
  readonly log: Logger
}): Promise<Cluster> => {
  const { address, config, log } = deps
  const connection = { brokers: address.brokers, ...config.kafka }
  const kafka = createKafka(connection, log)
  const { prefix, partitions, replicationFactor } = address
  const topics = await untilThere(() => ensureTopics({ kafka, prefix, partitions, replicationFactor, log }), log)
  const appenders = new Map<number, KafkaAppender>()
  const appenderOf = (partition: number): KafkaAppender => {
    const known = appenders.get(partition)
    if (known !== undefined) return known
    const appender = new KafkaAppender({ kafka, topic: topics.log, partition, onDurable: () => undefined, log })
    appenders.set(partition, appender)
    return appender
  }
  const append: Append = (batch) => {
    const partition = partitionOf(batch.realm, topics.partitions)
    return createAppend({ log: appenderOf(partition), partition, now: () => new Date() })(batch)
  }
  return {
    kafka,
    connection,
    topics,
    intake: {
      append,
      hasRoom: () => [...appenders.values()].every((appender) => hasRoom(appender.space())),
      retryAfterSeconds,
    },
    appendTo: (realm, entries) => appenderOf(partitionOf(realm, topics.partitions)).append(entries),
    close: async () => {
      await Promise.all([...appenders.values()].map((appender) => appender.close()))
    },
  }
}

const retryAfterMs = 500

/** Waits for brokers that are on their way, and for topics that another process is making at this moment. */
const untilThere = async <T>(work: () => Promise<T>, log: Logger): Promise<T> => {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (error instanceof AgenttrailError) throw error
      if (isHopeless(error)) throw refused(error)
      log.warn({ error: String(error) }, 'the log in Kafka is not there yet')
    }
    await delay(retryAfterMs)
  }
}

/** What no waiting cures: wrong credentials, and more replicas than there are brokers. */
const isHopeless = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'KafkaJSSASLAuthenticationError' || /replication factor/i.test(error.message))

const refused = (cause: unknown): AgenttrailError =>
  new AgenttrailError('AGT_LOG_FAILED', `The brokers refuse to keep a log: ${cause}`, { cause })
