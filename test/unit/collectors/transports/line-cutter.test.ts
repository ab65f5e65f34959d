import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { LineCutter, type Piece } from '../../../../collectors/transports/line-cutter.ts'
import { recordBytesMax, recordKeptBytes } from '../../../../src/ingest/transport.ts'

const cut = (chunks: readonly Buffer[]): Piece[] => {
  const cutter = new LineCutter()
  return [...chunks.flatMap((chunk) => cutter.add(chunk)), ...cutter.wholeLines(), ...cutter.rest()]
}
const chunksOf = (text: string, bytes: number): Buffer[] => {
  const all = Buffer.from(text)
  return Array.from({ length: Math.ceil(all.length / bytes) }, (_, at) => all.subarray(at * bytes, (at + 1) * bytes))
}
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

it('gives whole lines, and the last one without its end at the end', () => {
  const cutter = new LineCutter()
  expect(cutter.add(Buffer.from('{"a":1}\n{"b"'))).toEqual([])
  expect(cutter.wholeLines().map(({ body }) => body.toString())).toEqual(['{"a":1}\n'])
  expect(cutter.add(Buffer.from(':2}\r\n{"c":3}'))).toEqual([])
  expect(cutter.wholeLines()).toMatchObject([{ records: 1 }])
  expect(cutter.rest().map(({ body }) => body.toString())).toEqual(['{"c":3}'])
  expect(cutter.rest()).toEqual([])
})

it('gives nothing for blank lines', () => {
  expect(cut([Buffer.from('\n \r\n\t\n')])).toEqual([])
})

it.each([7, 65_536])('keeps every byte of many lines that come in chunks of %i', (bytes) => {
  const text = Array.from({ length: bytes === 7 ? 200 : 30_000 }, (_, at) => `{"line":${at},"täxt":1}\n`).join('')
  const pieces = cut(chunksOf(text, bytes))
  expect(Buffer.concat(pieces.map(({ body }) => body)).toString()).toBe(text)
  expect(pieces.reduce((sum, { records }) => sum + records, 0)).toBe(text.split('\n').length - 1)
  for (const { body } of pieces) expect(body.length).toBeLessThan(recordBytesMax + bytes)
})

it.each([
  ['in many chunks', 65_536],
  ['with a chunk that ends between carriage return and line feed', recordBytesMax],
])('keeps the beginning, length and hash of a line that is too large, %s', (_how, bytes) => {
  const long = 'y'.repeat(3 * recordBytesMax - '{"a":1}\n\r'.length)
  const pieces = cut(chunksOf(`{"a":1}\n${long}\r\n{"b":2}\n`, bytes))
  expect(pieces.map(({ body }) => body.length)).toEqual([8, recordKeptBytes, 8])
  expect(pieces[1]?.truncated).toEqual({ bytes: long.length, sha256: sha256(long) })
  expect(pieces[1]?.body.toString() === long.slice(0, recordKeptBytes)).toBe(true)
  expect(pieces[2]?.body.toString()).toBe('{"b":2}\n')
})

it('keeps a too large line that the stream ends in', () => {
  const long = 'z'.repeat(recordBytesMax * 3)
  const pieces = cut(chunksOf(long, 100_000))
  expect(pieces).toMatchObject([{ records: 1, truncated: { bytes: long.length, sha256: sha256(long) } }])
})
