import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import type { RecordBatch } from '../../../src/ingest/transport.ts'
import { createAppend, partBytesMax, partRecordsMax } from '../../../src/log/append-batch.ts'
import type { BatchEntry } from '../../../src/log/entry.ts'
import { MemoryLog } from '../../../src/log/memory-log.ts'

const batchOf = (body: string, records: number): RecordBatch => ({
  realm: 'sent',
  source: 's',
  format: 'auto',
  transport: 'http',
  identity: 'batch',
  batchId: 'b',
  baseOffset: 1000,
  records,
  body: Buffer.from(body),
  isBackfill: false,
})

const appended = async (batch: RecordBatch): Promise<{ readonly parts: BatchEntry[]; readonly offset: number }> => {
  const log = new MemoryLog()
  const { offset } = await createAppend({ log, now: () => new Date(7) })(batch)
  return { parts: log.read(1, 1 << 30).map(({ entry }) => entry as BatchEntry), offset }
}

const textOf = (part: BatchEntry | undefined): string => Buffer.from(part?.body ?? []).toString()

it('leaves a small body whole', async () => {
  const { parts, offset } = await appended(batchOf('{"a":1}\n{"b":2}', 2))
  expect(offset).toBe(1)
  expect(parts).toMatchObject([{ part: 0, parts: 1, records: 2, firstOrdinal: 0, baseOffset: 1000, receivedMs: 7 }])
  expect(textOf(parts[0])).toBe('{"a":1}\n{"b":2}')
})

it('cuts a large body at line ends, without losing a byte or an ordinal', async () => {
  const lines = Array.from({ length: 30_000 }, (_, at) => `{"line":${at},"pad":"${'x'.repeat(at % 100)}"}`)
  const body = lines.join('\n')
  const { parts, offset } = await appended(batchOf(body, lines.length))
  expect(offset).toBe(parts.length)
  expect(parts.length).toBeGreaterThan(1)
  expect(parts.map(textOf).join('')).toBe(body)
  let ordinal = 0
  let byte = 1000
  parts.forEach((part, index) => {
    expect(part).toMatchObject({ part: index, parts: parts.length, firstOrdinal: ordinal, baseOffset: byte })
    expect(part.body.length).toBeLessThanOrEqual(partBytesMax)
    ordinal += textOf(part)
      .split('\n')
      .filter((line) => line !== '').length
    byte += part.body.length
  })
  expect(parts.reduce((sum, part) => sum + part.records, 0)).toBe(lines.length)
})

it('counts blank lines neither as records nor as ordinals', async () => {
  const lines = Array.from({ length: partRecordsMax + 5 }, (_, at) => `${at}\n \r\n\n`)
  const { parts } = await appended(batchOf(lines.join(''), lines.length))
  expect(parts.map(({ records, firstOrdinal }) => [records, firstOrdinal])).toEqual([
    [partRecordsMax, 0],
    [5, partRecordsMax],
  ])
})

it('keeps the beginning, size and hash of a record too large, between its neighbours', async () => {
  const long = 'x'.repeat(2_000_000)
  const { parts } = await appended(batchOf(`first\n${long}\r\nlast`, 3))
  expect(parts.map(({ records, firstOrdinal, baseOffset }) => [records, firstOrdinal, baseOffset])).toEqual([
    [1, 0, 1000],
    [1, 1, 1006],
    [1, 2, 1006 + long.length + 2],
  ])
  expect(parts[1]?.truncated).toEqual({ bytes: long.length, sha256: createHash('sha256').update(long).digest('hex') })
  expect(parts[1]?.body.length).toBe(64 * 1024)
  expect([textOf(parts[0]), textOf(parts[2])]).toEqual(['first\n', 'last'])
})

it('gives a batch the realm that the operator bound its source to', async () => {
  const log = new MemoryLog()
  await createAppend({ log, now: () => new Date(0), realmOf: () => 'bound' })(batchOf('x', 1))
  expect(log.read(1, 1000)[0]?.entry).toMatchObject({ realm: 'bound' })
})

it('resolves only once the log has it, and keeps nothing of a body that the log refused', async () => {
  const gate = Promise.withResolvers<void>()
  const log = new MemoryLog({ beforeDurable: () => gate.promise })
  let isAcknowledged = false
  const first = createAppend({ log, now: () => new Date(0) })(batchOf('x', 1)).then(() => {
    isAcknowledged = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect([isAcknowledged, log.end()]).toEqual([false, 0])
  gate.reject(new Error('disk'))
  await expect(first).rejects.toMatchObject({ code: 'AGT_LOG_FAILED' })
  expect([isAcknowledged, log.end()]).toEqual([false, 0])
  await expect(log.append([{ kind: 'mark' }])).rejects.toMatchObject({ code: 'AGT_LOG_FAILED' })
})
