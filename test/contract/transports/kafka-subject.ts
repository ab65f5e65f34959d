import { randomUUID } from 'node:crypto'
import kafkajs from 'kafkajs'
import { createKafkaTransport } from '../../../collectors/transports/kafka.ts'
import { createKafka } from '../../../src/ingest/kafka-connection.ts'
import type { MakeSubject } from './subject.ts'

const silent = { debug: () => undefined, warn: () => undefined }

/** A topic that is written to. Its source is told by the committed offset. */
export const kafkaSubject =
  (address: () => string): MakeSubject =>
  ({ intake }) => {
    const topic = `records-${randomUUID()}`
    const group = `group-${topic}`
    const connection = { brokers: [address()], tls: null, sasl: null }
    const kafka = createKafka(connection, silent)
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    const admin = kafka.admin()
    const topics = [{ topic, format: 'auto', source: '', realm: 'default' }]
    const transport = createKafkaTransport({ intake, connection, group, topics, log: silent })
    return {
      start: async () => {
        await Promise.all([admin.connect(), producer.connect()])
        const configEntries = [{ name: 'max.message.bytes', value: String(4 << 20) }]
        await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1, configEntries }] })
        await transport.start()
      },
      offer: (lines) => void producer.send({ topic, messages: lines.map((value) => ({ value })) }),
      acknowledged: async () => {
        const [found] = await admin.fetchOffsets({ groupId: group, topics: [topic] })
        return Math.max(0, Number(found?.partitions[0]?.offset ?? 0))
      },
      stop: async () => {
        await transport.stop()
        await Promise.all([admin.disconnect(), producer.disconnect()])
      },
    }
  }
