import { randomUUID } from 'node:crypto'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Kafka, type Producer } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDecodeBatch } from '../../collectors/decode.ts'
import { installCodecs } from '../../collectors/transports/kafka/codecs.ts'
import { createKafkaTransport } from '../../collectors/transports/kafka.ts'
import { createKafka, type KafkaConnection } from '../../src/ingest/kafka-connection.ts'
import { createAppend } from '../../src/log/append-batch.ts'
import type { BatchEntry } from '../../src/log/entry.ts'
import { MemoryLog } from '../../src/log/memory-log.ts'
import { brokerStartMs, isKafkaMissing, startTestBroker } from '../fakes/kafka.ts'

/*
 * Goal: whatever lies in a topic is either read or refused with a reason, and never stands in the way of what follows.
 * Method: a real broker; messages in each codec, batches whose compressed bytes were damaged in
 * the broker's own file, gaps, and a listener with TLS and SASL.
 */
const silent = { debug: () => undefined, warn: () => undefined }
const { CompressionTypes, Partitioners } = kafkajs
const decode = createDecodeBatch({ formats: [], hashKey: Buffer.alloc(32), sealToken: (token) => token })

/** Overwrites what is compressed in a segment; the second codec becomes one that does not exist. */
const damageCompressed = async (path: string): Promise<void> => {
  await using file = await open(path, 'r+')
  const bytes = await file.readFile()
  for (let at = 0; at < bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8)
    const attributes = bytes.readInt16BE(at + 21)
    if (attributes === CompressionTypes.Snappy) bytes.writeInt16BE(5, at + 21)
    else if (attributes !== CompressionTypes.None) bytes.fill(0xa5, at + 65, end)
    at = end
  }
  await file.write(bytes, 0, bytes.length, 0)
}

interface Reading {
  readonly records: () => { readonly raw: string; readonly position: number }[]
  readonly untilRecords: (count: number) => Promise<void>
  readonly stop: () => Promise<void>
}

const read = async (connection: KafkaConnection, topic: string): Promise<Reading> => {
  const log = new MemoryLog()
  const append = createAppend({ log, now: () => new Date(0) })
  const transport = createKafkaTransport({
    intake: { append, hasRoom: () => true, retryAfterSeconds: 0.05 },
    connection,
    group: `readers-of-${topic}`,
    topics: [{ topic, format: 'auto', source: '', realm: 'default' }],
    log: silent,
  })
  await transport.start()
  const records = () =>
    log
      .read(1, Number.MAX_SAFE_INTEGER)
      .flatMap(({ entry }) => [...decode(entry as BatchEntry)])
      .map(({ raw, sourcePosition }) => ({ raw, position: sourcePosition }))
  const untilRecords = async (count: number): Promise<void> => {
    for (let waited = 0; records().length < count && waited < 20_000; waited += 20) await delay(20)
  }
  return { records, untilRecords, stop: () => transport.stop() }
}

describe.skipIf(isKafkaMissing())('Kafka as a source', () => {
  const user = { name: 'agenttrail', password: `p-${randomUUID()}` }
  let broker: Awaited<ReturnType<typeof startTestBroker>>
  let kafka: Kafka
  let producer: Producer
  const plain = (): KafkaConnection => ({ brokers: [broker.address], tls: null, sasl: null })

  beforeAll(async () => {
    installCodecs()
    broker = await startTestBroker(user)
    kafka = createKafka(plain(), silent)
    producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner })
    await producer.connect()
  }, brokerStartMs)
  afterAll(async () => {
    await producer.disconnect()
    await broker.close()
  })

  const makeTopic = async (): Promise<string> => {
    const topic = `topic-${randomUUID()}`
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }] })
    await admin.disconnect()
    return topic
  }
  const send = (topic: string, values: readonly (string | null)[], compression = CompressionTypes.None) =>
    producer.send({ topic, compression, messages: values.map((value) => ({ value })) })

  it('reads all four codecs', async () => {
    const topic = await makeTopic()
    const reading = await read(plain(), topic)
    const types = [CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD]
    for (const type of types) await send(topic, [`{"codec":${type},"at":0}`, `{"codec":${type},"at":1}`], type)
    await reading.untilRecords(8)
    await reading.stop()
    const expected = types.flatMap((type) => [0, 1].map((at) => `{"codec":${type},"at":${at}}`))
    expect(reading.records()).toEqual(expected.map((raw, position) => ({ raw, position })))
  })

  it('goes on behind batches that nobody can decompress, and says which they were', async () => {
    const topic = await makeTopic()
    const types = [CompressionTypes.GZIP, CompressionTypes.Snappy, CompressionTypes.LZ4, CompressionTypes.ZSTD]
    for (const type of types) {
      await send(topic, [`{"before":${type}}`])
      await send(
        topic,
        [0, 1].map((at) => JSON.stringify({ lost: at, pad: 'x'.repeat(300) })),
        type,
      )
    }
    await send(topic, ['{"last":true}'])
    await damageCompressed(join(broker.dir, 'logs', `${topic}-0`, '00000000000000000000.log'))
    const reading = await read(plain(), topic)
    await reading.untilRecords(13)
    await reading.stop()
    const records = reading.records()
    expect(records.map(({ position }) => position)).toEqual(Array.from({ length: 13 }, (_, at) => at))
    expect(records.at(-1)?.raw).toBe('{"last":true}')
    expect(records.filter(({ raw }) => raw.includes('"before"'))).toHaveLength(4)
    // The broker's own disk is to blame: what it is sent it reads itself, and refuses.
    for (const name of ['gzip', 'codec 5', 'lz4', 'zstd']) {
      expect(records.filter(({ raw }) => raw.includes(`unreadable batch`) && raw.includes(`(${name}: `))).toHaveLength(
        2,
      )
    }
  })

  it('passes over messages without content, keeps positions, and reads records that share a message', async () => {
    const topic = await makeTopic()
    const reading = await read(plain(), topic)
    await send(topic, ['{"at":0}', null, ' \n', '{\n  "at": 3\n}', '{"at":4}\n', '{"a":1}\n{"b":2}\n', '{"at":6}'])
    await reading.untilRecords(6)
    await reading.stop()
    expect(reading.records()).toEqual([
      { raw: '{"at":0}', position: 0 },
      { raw: '{   "at": 3 }', position: 3 },
      { raw: '{"at":4}', position: 4 },
      { raw: '{"a":1}', position: 0 },
      { raw: '{"b":2}', position: 1 },
      { raw: '{"at":6}', position: 6 },
    ])
  })

  it('reads on where it was after a restart', async () => {
    const topic = await makeTopic()
    const first = await read(plain(), topic)
    await send(topic, ['{"at":0}', '{"at":1}'])
    await first.untilRecords(2)
    await first.stop()
    await send(topic, ['{"at":2}'])
    const second = await read(plain(), topic)
    await second.untilRecords(1)
    await second.stop()
    expect(second.records()).toEqual([{ raw: '{"at":2}', position: 2 }])
  })

  it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('comes in through TLS with %s', async (mechanism) => {
    const topic = await makeTopic()
    await send(topic, ['{"at":0}'])
    const { address = '', caPem = '' } = broker.secure ?? {}
    const sasl = { mechanism, username: user.name, password: user.password }
    const reading = await read({ brokers: [address], tls: { ca: caPem }, sasl }, topic)
    await reading.untilRecords(1)
    await reading.stop()
    expect(reading.records()).toEqual([{ raw: '{"at":0}', position: 0 }])
  })
})
