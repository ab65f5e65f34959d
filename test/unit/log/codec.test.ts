import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { decodeEntry, encodeEntry } from '../../../src/log/codec.ts'
import type { BatchEntry } from '../../../src/log/entry.ts'

const batch: BatchEntry = {
  kind: 'batch',
  realm: 'réalm',
  source: 's',
  format: 'auto',
  transport: 'file',
  identity: 'position',
  batchId: 'b',
  baseOffset: 2 ** 40,
  firstOrdinal: 3,
  records: 1,
  part: 1,
  parts: 2,
  isBackfill: true,
  receivedMs: 5,
  truncated: { bytes: 50_000_000, sha256: 'ab' },
  body: Buffer.from([0, 0xff, 0x0a, 0x7b]),
}

it('gives every field and every byte back, whatever the bytes are', () => {
  const { body, ...fields } = decodeEntry(encodeEntry(batch), 1) as BatchEntry
  const { body: sent, ...sentFields } = batch
  expect(fields).toEqual(sentFields)
  expect([...body]).toEqual([...sent])
})

it('gives the body as a view, not a copy', () => {
  const bytes = encodeEntry(batch)
  const { body } = decodeEntry(bytes, 1) as BatchEntry
  bytes.writeUInt8(0x21, bytes.length - 1)
  expect(body.at(-1)).toBe(0x21)
})

it('refuses an entry with any one byte altered, or cut short', () => {
  const bytes = encodeEntry(batch)
  const damaged = expect.objectContaining({ code: 'AGT_LOG_FAILED' })
  for (let at = 0; at < bytes.length; at += 1) {
    const altered = Buffer.from(bytes)
    altered.writeUInt8(altered.readUInt8(at) ^ 0x20, at)
    expect(() => decodeEntry(altered, 1), `byte ${at}`).toThrow(damaged)
    expect(() => decodeEntry(bytes.subarray(0, at), 1), `the first ${at}`).toThrow(damaged)
  }
})

it('refuses an entry of a newer version', () => {
  const bytes = encodeEntry({ kind: 'mark' })
  bytes.writeUInt8(bytes.readUInt8(4) + 1, 4)
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  expect(() => decodeEntry(bytes, 1)).toThrow(expect.objectContaining({ code: 'AGT_DATA_DIR_NEWER' }))
})
