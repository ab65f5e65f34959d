import { Buffer } from 'node:buffer'
import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createDecodeBatch } from '../../../collectors/decode.ts'
import { decodeText, receivedMs } from '../../formats/decode-text.ts'

const line = (extra: object = {}): string =>
  JSON.stringify({
    level: 'info',
    service: 'authorize',
    'request-id': 'r-1',
    'mcp-method': 'tools/call',
    'mcp-tool': 'list_issues',
    allow: true,
    deny: false,
    time: '2026-11-24T07:51:48Z',
    message: 'authorize check',
    ...extra,
  })

describe('identity', () => {
  it('is the batch and the ordinal over non-empty lines', () => {
    const records = decodeText(`${line()}\n\n \t\r\n${line()}\r\n`)
    expect(records.map((record) => [record.ordinal, record.sourcePosition])).toEqual([
      [0, 0],
      [1, 1],
    ])
    expect(records[0]?.recordId).toMatch(/^[\w-]{22}\.0$/)
    expect(records[1]?.events[0]?.eventId).toBe(`${records[1]?.recordId}.0`)
  })

  it('is the byte offset in an endless source, wherever its parts were cut', () => {
    const text = `${line({ user: 'é' })}\n\n${line()}\n`
    const whole = decodeText(text, { identity: 'position' })
    const cut = Buffer.byteLength(`${line({ user: 'é' })}\n`)
    const decode = createDecodeBatch({ formats: [], hashKey: Buffer.alloc(32), sealToken: (token) => token })
    const [second] = decode({
      realm: 'default',
      source: 'other',
      format: 'auto',
      identity: 'position',
      batchId: 'batch-1',
      baseOffset: cut,
      firstOrdinal: 0,
      receivedMs,
      body: Buffer.from(text).subarray(cut),
    })
    expect(whole[1]?.sourcePosition).toBe(cut + 1)
    expect(second?.recordId).toBe(whole[1]?.recordId)
  })

  it('differs between batches and realms', () => {
    const decode = createDecodeBatch({ formats: [], hashKey: Buffer.alloc(32), sealToken: (token) => token })
    const idOf = (realm: string, batchId: string) =>
      [
        ...decode({
          realm,
          source: 's',
          format: 'auto',
          identity: 'batch',
          batchId,
          baseOffset: 0,
          firstOrdinal: 7,
          receivedMs,
          body: Buffer.from('x'),
        }),
      ][0]?.recordId
    expect(new Set([idOf('a', '1'), idOf('a', '2'), idOf('b', '1')]).size).toBe(3)
    expect(idOf('a', '1')).toMatch(/\.7$/)
  })
})

it('commits to the bytes of the line as they arrived', () => {
  const arrived = `${line({ user: 'é' })} `
  const expected = createHmac('sha256', Buffer.alloc(32, 1)).update(arrived).digest('hex')
  expect(decodeText(`${arrived}\r\n`)[0]).toMatchObject({ recordHash: expected, rawBytes: Buffer.byteLength(arrived) })
})

it('makes one dead letter of the beginning of a record that was too large', () => {
  const decode = createDecodeBatch({ formats: [], hashKey: Buffer.alloc(32, 1), sealToken: (token) => token })
  const sha256 = 'ab'.repeat(32)
  const records = [
    ...decode({
      realm: 'default',
      source: 's',
      format: 'auto',
      identity: 'position',
      batchId: 'file-1',
      baseOffset: 500,
      firstOrdinal: 3,
      receivedMs,
      truncated: { bytes: 2_000_000, sha256 },
      // Were it read as lines, this would be two records.
      body: Buffer.from('{"message":\n"authorize ch'),
    }),
  ]
  expect(records).toEqual([
    {
      recordId: expect.stringMatching(/\.500$/),
      ordinal: 0,
      sourcePosition: 500,
      format: 'auto',
      outcome: 'rejected',
      reason: 'record larger than 900 KiB',
      events: [],
      vendorId: '',
      raw: '{"message":\n"authorize ch',
      rawBytes: 2_000_000,
      recordHash: createHmac('sha256', Buffer.alloc(32, 1)).update(sha256).digest('hex'),
    },
  ])
})

describe('bad input is a dead letter that says why', () => {
  it.each([
    ['no JSON', 'panic: runtime error', 'not JSON'],
    ['an array', '[1]', 'not a JSON object'],
    ['a repeated key', line().replace('{', '{"user":"a","user":"b",'), 'key "user" appears twice in one object'],
    ['deep nesting', line({ deep: JSON.parse('['.repeat(80) + ']'.repeat(80)) }), 'nested deeper than 64 levels'],
    ['the year 1970', line({ time: '1970-01-01T00:00:00Z' }), 'time is outside the years 2000 to 2099'],
    ['the year 2100', line({ time: '2100-01-01T00:00:00Z' }), 'time is outside the years 2000 to 2099'],
    [
      'the future',
      line({ time: '2026-11-26T12:00:00Z' }),
      'time is more than a day ahead of when the record was received',
    ],
    ['no time', line({ time: 'now' }), 'time is missing or not RFC 3339'],
    ['nobody’s record', '{"a":1}', 'no format recognises this record'],
  ])('%s', (_what, record, reason) => {
    expect(decodeText(record)[0]).toMatchObject({ outcome: 'rejected', reason, events: [] })
  })

  it('not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from(`${line()}\n{"a":"`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from(`"}\n${line()}`),
    ])
    expect(decodeText(bytes).map((record) => record.reason)).toEqual(['', 'not UTF-8', ''])
  })

  it('a 50 MB line', () => {
    const body = Buffer.concat([Buffer.alloc(50_000_000, 0x61), Buffer.from(`\n${line()}`)])
    const [big, next] = decodeText(body)
    expect(big).toMatchObject({ outcome: 'rejected', reason: 'record larger than 900 KiB', rawBytes: 50_000_000 })
    expect(big?.raw.length).toBe(65_536)
    expect(next?.outcome).toBe('ok')
  })

  it('an unknown format', () => {
    expect(decodeText(line(), { format: 'nope' })[0]?.reason).toBe('there is no format "nope"')
  })

  it('a format that throws costs only its record', () => {
    const fragile = {
      name: 'fragile',
      recognises: () => true,
      read: (value: Readonly<Record<string, unknown>>) => {
        if (value['bad'] === true) throw new TypeError('oops')
        return { kind: 'ignored', reason: 'fine' } as const
      },
    }
    const records = decodeText('{"bad":true}\n{"bad":false}', { formats: [fragile] })
    expect(records.map((record) => [record.outcome, record.reason])).toEqual([
      ['rejected', 'format fragile failed: oops'],
      ['ignored', 'fine'],
    ])
  })

  it('holds no credential', () => {
    const [record] = decodeText('{"password":"hunter2-hunter2","authorization":"Bearer abcdefghijk", broken')
    expect(record?.outcome).toBe('rejected')
    expect(record?.raw).not.toMatch(/hunter2|abcdefghijk/)
  })
})

describe('what looks dangerous is data', () => {
  it.each([
    ['HTML', '<img src=x onerror=alert(1)>'],
    ['bidi marks', 'list\u202e_issues'],
    ['control characters', 'list\u0000\u0007\u001b[31m_issues'],
    ['a formula', '=HYPERLINK("x")'],
  ])('%s in a tool name', (_what, tool) => {
    expect(decodeText(line({ 'mcp-tool': tool }))[0]?.events[0]?.tool).toBe(tool)
  })

  it('`__proto__` as a key', () => {
    const [record] = decodeText(line().replace('{', '{"__proto__":{"polluted":"yes"},"constructor":"c",'))
    expect(record?.outcome).toBe('ok')
    expect(record?.events[0]?.attributes).toMatchObject({ '__proto__.polluted': 'yes', constructor: 'c' })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
  })

  it('big numbers keep their digits', () => {
    const text = line({ 'mcp-tool-parameters': { id: 1 } }).replace('"id":1', '"id":123456789012345678901234567890')
    const [record] = decodeText(text.replace('{', '{"n":18446744073709551615,"x":1e400,'))
    expect(record?.events[0]?.arguments).toBe('{"id":123456789012345678901234567890}')
    expect(record?.events[0]?.attributes).toMatchObject({ n: '18446744073709551615', x: '1e400' })
  })
})

it('takes Pomerium’s own repetition of `component` for noise', () => {
  const noise = '{"level":"info","component":"a","component":"a","time":"2026-11-24T07:51:48Z","message":"x succeeded"}'
  expect(decodeText(noise)[0]).toMatchObject({ outcome: 'ignored', reason: 'operational line' })
})

it('takes a repeated request id for two records', () => {
  // The client chooses it, so nothing may be dropped for it.
  expect(decodeText(`${line()}\n${line()}`).map((record) => record.vendorId)).toEqual(['', ''])
})

describe('containers', () => {
  const inner = line()
  it.each([
    ['CRI', `2026-11-24T07:51:48.123456789Z stdout F ${inner}`],
    ['Docker', JSON.stringify({ log: `${inner}\n`, stream: 'stdout', time: '2026-11-24T07:51:48.1Z' })],
    ['journald', JSON.stringify({ MESSAGE: inner, _SYSTEMD_UNIT: 'pomerium.service', PRIORITY: '6' })],
    ['journald bytes', JSON.stringify({ MESSAGE: [...Buffer.from(inner)], __CURSOR: 's=1' })],
    [
      'syslog RFC 5424',
      `<134>1 2026-11-24T07:51:48.003Z host pomerium 1234 ID47 [a@1 b="c ] d"] ${inner}`.replace(' ] ', ' \\] '),
    ],
    ['syslog RFC 5424 without data', `<134>1 2026-11-24T07:51:48Z host pomerium - - - ${inner}`],
    ['syslog RFC 3164', `<13>Nov 24 07:51:48 host pomerium[1234]: ${inner}`],
    [
      'Docker by syslog',
      `<13>Nov 24 07:51:48 host docker: ${JSON.stringify({ log: inner, stream: 'stdout', time: 't' })}`,
    ],
  ])('%s is peeled off', (_what, record) => {
    const bare = decodeText(inner)[0]?.events
    expect(decodeText(record)[0]).toMatchObject({ outcome: 'ok', format: 'pomerium', events: bare })
  })

  it('in containers have an end', () => {
    const wrap = (record: string) => JSON.stringify({ log: record, stream: 'stdout', time: 't' })
    expect(decodeText(wrap(wrap(wrap(wrap(wrap(inner))))))[0]?.reason).toBe('wrapped more than 3 times')
  })
})
