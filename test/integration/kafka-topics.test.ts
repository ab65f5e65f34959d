import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import kafkajs, { type Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKafka } from '../../src/ingest/kafka-connection.ts'
import { openKafkaLog, openKafkaLogReader } from '../../src/log/kafka-log.ts'
import { followStates, KafkaStates, type KeyedState } from '../../src/log/kafka-revocations.ts'
import { KafkaSnapshots } from '../../src/log/kafka-snapshots.ts'
import { ensureTopics, type KafkaTopics } from '../../src/log/kafka-topics.ts'
import { brokerStartMs, isKafkaMissing, startTestBroker } from '../fakes/kafka.ts'

const silent = { debug: () => undefined, warn: () => undefined }

/*
 * Goal: what a cluster keeps in topics besides its log is there for whoever comes next, whole or not at all.
 * Method: a real broker; one writes, another one that knows nothing reads.
 */
describe.skipIf(isKafkaMissing())('topics of a cluster', () => {
  let broker: Awaited<ReturnType<typeof startTestBroker>>
  let kafka: Kafka
  let topics: KafkaTopics
  const prefix = randomUUID()
  const ensure = (partitions: number): Promise<KafkaTopics> =>
    ensureTopics({ kafka, prefix, partitions, replicationFactor: 1, log: silent })

  beforeAll(async () => {
    broker = await startTestBroker()
    kafka = createKafka({ brokers: [broker.address], tls: null, sasl: null }, silent)
    topics = await ensure(3)
  }, brokerStartMs)
  afterAll(() => broker.close())

  it('are made once, whoever comes first and whatever the next one asks for', async () => {
    const [again, other] = await Promise.all([ensure(3), ensure(5)])
    expect(again).toEqual(topics)
    expect(other).toEqual(topics)
    expect(topics.partitions).toBe(3)
  })

  const snapshots = (partition: number): KafkaSnapshots =>
    new KafkaSnapshots({ kafka, topic: topics.snapshots, partition, log: silent })

  it('give back the newest snapshots, larger than a message, and say from where the log is needed', async () => {
    const writer = snapshots(1)
    const kept = [10, 20, 30, 40].map((position) => ({ position, bytes: randomBytes(2_000_000 + position) }))
    for (const snapshot of kept) await writer.save(snapshot)
    const reader = snapshots(1)
    const found = await reader.load()
    expect(found.map(({ position }) => position)).toEqual([40, 30, 20])
    expect(found[0]?.bytes.equals(kept[3]?.bytes ?? Buffer.alloc(0))).toBe(true)
    expect([writer.logFrom(), reader.logFrom()]).toEqual([31, 31])
    expect(await snapshots(2).load()).toEqual([])
  })

  it('leave out a snapshot whose chunks are not those that were closed', async () => {
    const writer = snapshots(0)
    await writer.save({ position: 1, bytes: randomBytes(100) })
    await writer.save({ position: 2, bytes: randomBytes(100) })
    const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await producer.connect()
    // The second one's slot, overwritten by somebody who was killed before closing it.
    await producer.send({ topic: topics.snapshots, messages: [{ partition: 0, key: '1/0', value: randomBytes(100) }] })
    await producer.disconnect()
    const reader = snapshots(0)
    expect((await reader.load()).map(({ position }) => position)).toEqual([1])
    // The slot that is worth nothing is the one that is written next.
    await reader.save({ position: 3, bytes: randomBytes(100) })
    expect((await snapshots(0).load()).map(({ position }) => position)).toEqual([3, 1])
  })

  it('tell what is there by key, then each change as it comes', async () => {
    const states = new KafkaStates({ kafka, topic: topics.revocations })
    await states.put([
      { key: 'a', value: { n: 1 } },
      { key: 'b', value: { n: 2 } },
    ])
    await states.put([{ key: 'a', value: null }])
    const told: KeyedState[] = []
    let caughtUp = -1
    const follow = await followStates({
      kafka,
      topic: topics.revocations,
      onState: (state) => told.push(state),
      onCaughtUp: () => {
        caughtUp = told.length
      },
      log: silent,
    })
    for (let waited = 0; caughtUp < 0 && waited < 20_000; waited += 20) await delay(20)
    expect(caughtUp).toBe(3)
    await states.put([{ key: 'c', value: { n: 3 } }])
    for (let waited = 0; told.length < 4 && waited < 20_000; waited += 20) await delay(20)
    expect(told).toEqual([
      { key: 'a', value: { n: 1 } },
      { key: 'b', value: { n: 2 } },
      { key: 'a', value: null },
      { key: 'c', value: { n: 3 } },
    ])
    await follow.stop()
    await states.close()
  })

  it('stop a reader at a gap that somebody else trimmed into the log', async () => {
    const options = { kafka, topics, partition: 2, log: silent }
    const log = await openKafkaLog(options)
    for (let at = 0; at < 4; at += 1) await log.append([{ kind: 'tick', timeMs: at }])
    const reader = await openKafkaLogReader({ ...options, onArrival: () => undefined })
    await log.trim(4)
    await expect((async () => reader.read(2, 1 << 20))()).rejects.toMatchObject({ code: 'AGT_LOG_GAP' })
    await reader.close()
    await log.close()
  })
})
