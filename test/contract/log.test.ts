import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createKafka } from '../../src/ingest/kafka-connection.ts'
import type { BatchEntry, LogEntry } from '../../src/log/entry.ts'
import { openKafkaLog, openKafkaLogReader } from '../../src/log/kafka-log.ts'
import { ensureTopics } from '../../src/log/kafka-topics.ts'
import { openLmdbLog, openLmdbLogReader } from '../../src/log/lmdb-log.ts'
import type { Log, LogReader, PositionedEntry } from '../../src/log/log.ts'
import { MemoryLog, openMemoryLogReader } from '../../src/log/memory-log.ts'
import { brokerStartMs, isKafkaMissing, startTestBroker } from '../fakes/kafka.ts'

interface Subject {
  readonly log: Log
  readonly reader: () => LogReader | Promise<LogReader>
  readonly close: () => Promise<void>
}

const implementations: Record<string, (bytesMax: number) => Promise<Subject>> = {
  memory: async (bytesMax) => {
    const log = new MemoryLog({ bytesMax })
    return { log, reader: () => openMemoryLogReader(log), close: () => log.close() }
  },
  lmdb: async (bytesMax) => {
    const dir = await mkdtemp(join(tmpdir(), 'agenttrail-log-'))
    const log = await openLmdbLog({ dir, bytesMax })
    const readers: LogReader[] = []
    return {
      log,
      reader: () => {
        const reader = openLmdbLogReader({ dir })
        readers.push(reader)
        return reader
      },
      close: async () => {
        for (const reader of readers) await reader.close()
        await log.close()
        await rm(dir, { recursive: true })
      },
    }
  },
}

let broker: Awaited<ReturnType<typeof startTestBroker>> | null = null
const isWithoutKafka = isKafkaMissing()
if (!isWithoutKafka) {
  beforeAll(async () => {
    broker = await startTestBroker()
  }, brokerStartMs)
  afterAll(async () => broker?.close())
  implementations['kafka'] = async () => openKafkaSubject(broker?.address ?? '')
}

const silent = { debug: () => undefined, warn: () => undefined }

/** A partition that is not the first, so that nothing passes by being 0. */
const openKafkaSubject = async (address: string): Promise<Subject> => {
  const kafka = createKafka({ brokers: [address], tls: null, sasl: null }, silent)
  const topics = await ensureTopics({ kafka, prefix: randomUUID(), partitions: 3, replicationFactor: 1, log: silent })
  const options = { kafka, topics, partition: 1, log: silent }
  const log = await openKafkaLog(options)
  const readers: LogReader[] = []
  return {
    log,
    reader: async () => {
      const reader = await openKafkaLogReader({ ...options, onArrival: () => undefined })
      readers.push(reader)
      return reader
    },
    close: async () => {
      for (const reader of readers) await reader.close()
      await log.close()
    },
  }
}

const batch = (id: number, bytes = 100): BatchEntry => ({
  kind: 'batch',
  realm: 'default',
  source: 's',
  format: 'auto',
  transport: 'test',
  identity: 'batch',
  batchId: `b${id}`,
  baseOffset: 0,
  firstOrdinal: 0,
  records: 1,
  part: 0,
  parts: 1,
  isBackfill: false,
  receivedMs: id,
  body: Buffer.alloc(bytes, id % 256),
})
const tick = (timeMs: number): LogEntry => ({ kind: 'tick', timeMs })

for (const [name, open] of Object.entries(implementations)) {
  describe(`log in ${name}`, () => {
    let subject: Subject | null = null
    const make = async (bytesMax = 64 << 20): Promise<Subject> => {
      subject = await open(bytesMax)
      return subject
    }
    afterEach(async () => {
      await subject?.close()
      subject = null
    })

    it('gives entries consecutive positions and their bytes back, to a reader of its own too', async () => {
      const { log, reader } = await make()
      expect(await log.append([tick(1), batch(2)])).toBe(2)
      expect(await log.append([batch(3)])).toBe(3)
      for (const view of [log, await reader()]) {
        const read = await view.read(1, 1 << 20)
        expect(read.map(({ position }) => position)).toEqual([1, 2, 3])
        expect(read[0]?.entry).toEqual(tick(1))
        const { body, ...rest } = (read[1] as PositionedEntry).entry as BatchEntry
        const { body: sent, ...restSent } = batch(2)
        expect(rest).toEqual(restSent)
        expect(Buffer.from(body).equals(Buffer.from(sent))).toBe(true)
        expect(view.epoch).toBe(log.epoch)
      }
    })

    it('keeps the order of appends that run at the same time, without a gap', async () => {
      const { log, reader } = await make()
      const ends = await Promise.all(Array.from({ length: 200 }, (_, id) => log.append([batch(id), tick(id)])))
      expect(new Set(ends).size).toBe(200)
      const read = await (await reader()).read(1, 64 << 20)
      expect(read.map(({ position }) => position)).toEqual(Array.from({ length: 400 }, (_, at) => at + 1))
      for (let at = 0; at < 400; at += 2) {
        expect(((read[at] as PositionedEntry).entry as BatchEntry).receivedMs).toBe(
          ((read[at + 1] as PositionedEntry).entry as { timeMs: number }).timeMs,
        )
      }
    })

    it('reads about as much as asked for, and at least one entry', async () => {
      const { log } = await make()
      for (let id = 0; id < 10; id += 1) await log.append([batch(id, 10_000)])
      expect(await log.read(1, 1)).toHaveLength(1)
      expect((await log.read(1, 35_000)).length).toBeLessThan(6)
      expect(await log.read(11, 1 << 20)).toEqual([])
    })

    it('tells of each append once it is durable', async () => {
      const { log } = await make()
      const ends: number[] = []
      const stop = log.onAppend((end) => ends.push(end))
      await log.append([tick(1)])
      await log.append([tick(2), tick(3)])
      stop()
      await log.append([tick(4)])
      expect(ends.at(-1)).toBe(3)
    })

    it('forgets what is trimmed, and says so to who asks for it', async () => {
      const { log, reader } = await make()
      for (let id = 0; id < 500; id += 1) await log.append([batch(id)])
      await log.trim(401)
      for (const view of [log, await reader()]) {
        expect(view.first()).toBe(401)
        expect((await view.read(401, 1 << 20))[0]?.position).toBe(401)
        await expect((async () => view.read(400, 1 << 20))()).rejects.toMatchObject({ code: 'AGT_LOG_GAP' })
      }
    })

    // Kafka's space is its operator's.
    if (name === 'kafka') return
    it('refuses batches above four fifths of its space, takes the rest, and has room again after a trim', async () => {
      const { log } = await make(4 << 20)
      let taken = 0
      const fill = async (): Promise<void> => {
        for (; taken < 1000; taken += 1) await log.append([batch(taken, 50_000)])
      }
      await expect(fill()).rejects.toMatchObject({ code: 'AGT_LOG_FULL' })
      expect(taken).toBeGreaterThan(30)
      expect(log.end()).toBe(taken)
      await log.append([tick(1), { kind: 'mark' }])
      await log.trim(log.end())
      await log.append([batch(1)])
      expect(log.end()).toBe(taken + 3)
    })
  })
}
