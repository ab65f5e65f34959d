import { describe, expect, test } from 'vitest'
import { RowBinary } from '../../../src/store/row-binary.ts'

const bytesOf = (write: (out: RowBinary) => void): Buffer => {
  const out = new RowBinary(1)
  write(out)
  return Buffer.from(out.view())
}

/** Reads text as ClickHouse does. */
const readText = (bytes: Buffer): string => {
  let length = 0
  let at = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at] ?? 0
    at += 1
    length += (byte & 127) * 2 ** shift
    if (byte < 128) break
  }
  expect(bytes.length).toBe(at + length)
  return bytes.toString('utf8', at)
}

describe('text', () => {
  test.each([0, 1, 23, 24, 25, 42, 43, 126, 127, 128, 129, 16_383, 16_384, 70_000])('of %i characters', (length) => {
    for (const character of ['a', 'é', '漢', '🦊']) {
      const text = character.repeat(Math.ceil(length / character.length))
      expect(readText(bytesOf((out) => out.text(text)))).toBe(text)
      // The first of its kind is the last character.
      expect(readText(bytesOf((out) => out.text(`${'a'.repeat(length)}${character}`)))).toBe(
        `${'a'.repeat(length)}${character}`,
      )
    }
  })

  test('half a character becomes the replacement character', () => {
    expect(readText(bytesOf((out) => out.text('a\ud83e')))).toBe('a\ufffd')
    expect(readText(bytesOf((out) => out.text(`${'a'.repeat(100)}\ud83e`)))).toBe(`${'a'.repeat(100)}\ufffd`)
  })
})

describe('integers', () => {
  test.each([0, 1, -1, 255, 65_536, 2 ** 31, 2 ** 32, -(2 ** 32), 2 ** 53 - 1, -(2 ** 53) + 1, 1_780_000_000_000_001])(
    '%d in 64 bits',
    (value) => {
      expect(bytesOf((out) => out.int64(value)).readBigInt64LE()).toBe(BigInt(value))
    },
  )

  test.each([
    [-1, 0],
    [Number.NaN, 0],
    [2.9, 2],
    [70_000, 65_535],
    [Number.POSITIVE_INFINITY, 65_535],
  ])('%d, which 16 bits do not hold, becomes %d', (value, held) => {
    expect(bytesOf((out) => out.uint16(value)).readUInt16LE()).toBe(held)
  })

  test('what 32 or 64 bits do not hold becomes the nearest', () => {
    expect(bytesOf((out) => out.uint32(2 ** 40)).readUInt32LE()).toBe(2 ** 32 - 1)
    expect(bytesOf((out) => out.uint32(2 ** 32 - 1)).readUInt32LE()).toBe(2 ** 32 - 1)
    expect(bytesOf((out) => out.uint64(-5)).readBigUInt64LE()).toBe(0n)
    expect(bytesOf((out) => out.uint64(2 ** 60)).readBigUInt64LE()).toBe(2n ** 53n - 1n)
  })

  test('null is one byte', () => {
    expect(bytesOf((out) => out.nullableInt64(null))).toEqual(Buffer.from([1]))
    expect(bytesOf((out) => out.nullableUint16(7))).toEqual(Buffer.from([0, 7, 0]))
    expect(bytesOf((out) => out.nullableUint64(null))).toEqual(Buffer.from([1]))
  })
})

test('lists and maps begin with how many they hold', () => {
  expect(bytesOf((out) => out.texts([]))).toEqual(Buffer.from([0]))
  expect(bytesOf((out) => out.texts(['a', '']))).toEqual(Buffer.from([2, 1, 97, 0]))
  expect(bytesOf((out) => out.map({ a: 'b' }))).toEqual(Buffer.from([1, 1, 97, 1, 98]))
})

test('what is put in later changes nothing around it, and clear begins anew', () => {
  const out = new RowBinary(4)
  out.byte(9)
  const at = out.bytes
  out.int64(0)
  out.text('end')
  out.patchInt64(at, 258)
  expect(Buffer.from(out.view())).toEqual(Buffer.from([9, 2, 1, 0, 0, 0, 0, 0, 0, 3, 101, 110, 100]))
  out.clear()
  expect(out.bytes).toBe(0)
})
