import kafkajs, { type Kafka, type SASLOptions } from 'kafkajs'

/** How a Kafka cluster is reached. */
export interface KafkaConnection {
  /** `host:port` of some of its brokers; they name the others. */
  readonly brokers: readonly string[]
  /** null = without TLS. Each is PEM; without `ca` the system's authorities are trusted. */
  readonly tls: { readonly ca?: string; readonly cert?: string; readonly key?: string } | null
  readonly sasl: {
    readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'
    readonly username: string
    readonly password: string
  } | null
}

export interface KafkaLogger {
  readonly debug: (fields: object, message: string) => void
  readonly warn: (fields: object, message: string) => void
}

/** A broker that is restarted or elected anew is waited for: about a minute of tries before an operation fails. */
const retry = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 60 }
const connectionTimeoutMs = 2_000
const requestTimeoutMs = 10_000

/** A client of the cluster. What it says goes to `log`: its own errors are ordinary, and its caller says what follows. */
export const createKafka = (connection: KafkaConnection, log: KafkaLogger): Kafka => {
  const { brokers, tls, sasl } = connection
  return new kafkajs.Kafka({
    clientId: 'agenttrail',
    brokers: [...brokers],
    retry,
    connectionTimeout: connectionTimeoutMs,
    requestTimeout: requestTimeoutMs,
    ...(tls === null ? {} : { ssl: { ...tls } }),
    ...(sasl === null ? {} : { sasl: sasl as SASLOptions }),
    logLevel: kafkajs.logLevel.WARN,
    logCreator: () => (entry) => {
      const { message, timestamp: _time, logger: _name, ...fields } = entry.log
      if (entry.level <= kafkajs.logLevel.WARN) log.debug({ client: 'kafka', ...fields }, message)
    },
  })
}
