import { parseAddress, written } from './config-values.ts'

/** Where the log is. */
type LogAddress = 'local' | KafkaLogAddress

export interface KafkaLogAddress {
  readonly brokers: readonly string[]
  /** Its topics are `<prefix>.log` and others of that prefix. */
  readonly prefix: string
  /** Of a log that is made now; one that exists keeps what it was made with. */
  readonly partitions: number
  readonly replicationFactor: number
}

const logAdvice =
  'use local, or kafka://broker-1:9092,broker-2:9092/prefix, with ?partitions=16&replicas=3 for a log that is made now'

const partitionsDefault = 16
const replicasDefault = 3
const countMax = 10_000

/** `local`, or `kafka://b1:9092,b2:9092/agenttrail?partitions=16&replicas=3`; null if it is neither. */
const parseLogAddress = (text: string): LogAddress | null => {
  if (text === 'local') return text
  const match = /^kafka:\/\/([^/?#]+)\/([A-Za-z0-9._-]{1,200})(?:\?([^#]*))?$/.exec(text)
  if (match === null) return null
  const [, hosts = '', prefix = '', query = ''] = match
  const brokers = hosts.split(',')
  const params = new URLSearchParams(query)
  const isKnown = [...params.keys()].every((name) => name === 'partitions' || name === 'replicas')
  const partitions = countOf(params.get('partitions'), partitionsDefault)
  const replicationFactor = countOf(params.get('replicas'), replicasDefault)
  const isUsable = isKnown && brokers.every((broker) => parseAddress(broker) !== null)
  if (!isUsable || partitions === null || replicationFactor === null) return null
  return { brokers, prefix, partitions, replicationFactor }
}

const countOf = (text: string | null, usual: number): number | null => {
  if (text === null) return usual
  const count = /^\d+$/.test(text) ? Number(text) : 0
  return count >= 1 && count <= countMax ? count : null
}

export const logAddress = written(parseLogAddress, logAdvice)
