import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { flatten } from '../../../src/event/flatten.ts'
import { createKeyedHash } from '../../../src/event/keyed-hash.ts'
import { parseTime } from '../../../src/event/parse-time.ts'
import { parseTraceparent } from '../../../src/event/parse-traceparent.ts'
import { parseUserAgent } from '../../../src/event/parse-user-agent.ts'
import { parseExact } from '../../../src/event/raw-json.ts'
import { createSealToken } from '../../../src/event/seal.ts'

it.each([0, 1, 63, 64, 943, 1 << 20, (1 << 20) + 1])('createKeyedHash is HMAC-SHA-256 (%i bytes)', (length) => {
  const bytes = Buffer.alloc(length + 2, 0x5a)
  for (const key of [Buffer.alloc(32, 7), Buffer.alloc(100, 9)]) {
    const hashOf = createKeyedHash(key)
    const expected = createHmac('sha256', key)
      .update(bytes.subarray(1, length + 1))
      .digest('hex')
    expect(hashOf(bytes, { start: 1, end: length + 1 })).toBe(expected)
    expect(hashOf(bytes, { start: 1, end: length + 1 })).toBe(expected)
  }
})

describe('createSealToken', () => {
  const seal = createSealToken({ key: Buffer.alloc(32, 1), keyId: 'k1' })

  it('gives one hash per token and key', () => {
    expect(seal('token-a')).toMatch(/^hmac:k1:[0-9a-f]{32}$/)
    expect(seal('token-a')).toBe(seal('token-a'))
    expect(seal('token-a')).not.toBe(seal('token-b'))
    expect(createSealToken({ key: Buffer.alloc(32, 2), keyId: 'k1' })('token-a')).not.toBe(seal('token-a'))
    expect(seal('')).toBe('')
  })

  it('forgets what it has not seen for long, and still gives the same', () => {
    const first = seal('token-a')
    for (let index = 0; index < 45_000; index += 1) seal(`other-${index}`)
    expect(seal('token-a')).toBe(first)
  })
})

it.each([
  ['2026-11-24T07:51:48Z', 1_795_506_708_000_000, 1_000_000],
  ['2026-11-24T08:51:48+01:00', 1_795_506_708_000_000, 1_000_000],
  ['2026-11-24T07:51:48.127Z', 1_795_506_708_127_000, 1_000],
  ['2026-11-24T07:51:48.123456789Z', 1_795_506_708_123_456, 1],
])('parseTime reads %s', (text, timeUs, precisionUs) => {
  expect(parseTime(text)).toEqual({ timeUs, precisionUs })
  expect(parseTime(text)).toEqual({ timeUs, precisionUs })
})

it.each(['', 'now', '2026-11-24T07:51:48', '2026-13-24T07:51:48Z', 5, null, undefined, '2026-11-24'])(
  'parseTime refuses %s',
  (text) => {
    expect(parseTime(text)).toBeUndefined()
  },
)

it('parseTraceparent takes only what the standard allows', () => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  expect(parseTraceparent(`00-${trace}-00f067aa0ba902b7-01`)).toEqual({ traceId: trace, spanId: '00f067aa0ba902b7' })
  const none = { traceId: '', spanId: '' }
  for (const header of [`ff-${trace}-00f067aa0ba902b7-01`, `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, 'x', 5]) {
    expect(parseTraceparent(header)).toEqual(none)
  }
})

it('parseUserAgent takes the first product', () => {
  expect(parseUserAgent('claude-code/2.1.14')).toEqual({ clientName: 'claude-code', clientVersion: '2.1.14' })
  expect(parseUserAgent('Mozilla/5.0 (X11)')).toEqual({ clientName: 'Mozilla', clientVersion: '5.0' })
  expect(parseUserAgent('curl')).toEqual({ clientName: 'curl', clientVersion: '' })
  expect(parseUserAgent('(odd) agent/1')).toEqual({ clientName: '', clientVersion: '' })
})

it('flatten keeps every leaf under a path of its own', () => {
  const attributes: Record<string, string> = {}
  flatten(attributes, 'a', parseExact('{"b":[1,null,true],"c.d":18446744073709551615,"e":{},"f":[],"__proto__":"p"}'))
  flatten(attributes, 'a.b.0', 'again')
  expect(attributes).toEqual({
    'a.b.0': '1',
    'a.b.1': 'null',
    'a.b.2': 'true',
    'a.c\\.d': '18446744073709551615',
    'a.e': '{}',
    'a.f': '[]',
    'a.__proto__': 'p',
    'a.b.0#2': 'again',
  })
})
