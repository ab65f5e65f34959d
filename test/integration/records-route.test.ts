import { gzipSync, zstdCompressSync } from 'node:zlib'
import fastify from 'fastify'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordsRoutes } from '../../collectors/transports/http.ts'
import { problemOf } from '../../src/api/problem.ts'
import { AgenttrailError } from '../../src/errors.ts'
import type { RecordBatch } from '../../src/ingest/transport.ts'

let batches: RecordBatch[] = []
let hasRoom = true
let appendError: AgenttrailError | null = null
const api = fastify()

beforeEach(() => {
  batches = []
  hasRoom = true
  appendError = null
})
afterEach(() => undefined)

api.setErrorHandler((error, _request, reply) => {
  const problem = problemOf(error)
  return reply.status(problem.status).send(problem)
})
api.register(recordsRoutes, {
  intake: {
    append: async (batch: RecordBatch) => {
      if (appendError !== null) throw appendError
      batches.push(batch)
      return { partition: 0, offset: 7 }
    },
    hasRoom: () => hasRoom,
    retryAfterSeconds: 2,
  },
  formatNames: ['auto', 'pomerium'],
  bodyBytesMax: 1 << 20,
})

const post = (body: Buffer | string, headers: Record<string, string> = {}, query = '') =>
  api.inject({ method: 'POST', url: `/v1/records${query}`, payload: body, headers })

const text = (): string => Buffer.from(batches[0]?.body ?? []).toString()

describe('POST /v1/records', () => {
  it('acknowledges what was appended, and counts records, not blank lines', async () => {
    const answer = await post(
      '{"a":1}\n\n  \r\n{"b":2}',
      { 'idempotency-key': 'k1' },
      '?format=pomerium&source=s&realm=r',
    )
    expect(answer.json()).toEqual({ accepted: 2, batchId: 'k1', position: '0:7' })
    expect(batches[0]).toMatchObject({ records: 2, format: 'pomerium', source: 's', realm: 'r', identity: 'batch' })
  })

  it('gives the same body the same id', async () => {
    const first = await post('{"a":1}')
    const second = await post('{"a":1}')
    const other = await post('{"a":2}')
    expect(first.json().batchId).toBe(second.json().batchId)
    expect(other.json().batchId).not.toBe(first.json().batchId)
  })

  it('takes gzip and zstd', async () => {
    for (const [encoding, compress] of [
      ['gzip', gzipSync],
      ['zstd', zstdCompressSync],
    ] as const) {
      batches = []
      const answer = await post(compress(Buffer.from('{"a":1}')), { 'content-encoding': encoding })
      expect(answer.statusCode).toBe(200)
      expect(text()).toBe('{"a":1}')
    }
  })

  it('takes gzip of several members', async () => {
    const body = Buffer.concat([gzipSync('{"a":1}\n'), gzipSync('{"b":2}\n')])
    expect((await post(body, { 'content-encoding': 'gzip' })).json().accepted).toBe(2)
  })

  it('splits a JSON array and keeps every digit', async () => {
    const body = '[ {"n": 12345678901234567890,\n "s":"a,]\\"}b"} , [1,2],{"x":[{"y":{}}]} ]'
    const answer = await post(body, { 'content-type': 'application/json' })
    expect(answer.json().accepted).toBe(3)
    expect(
      text()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['{"n": 12345678901234567890,  "s":"a,]\\"}b"}', '[1,2]', '{"x":[{"y":{}}]}'])
  })

  it.each([
    ['an unknown format', '{}', {}, '?format=nope', 400, 'AGT_FORMAT_UNKNOWN'],
    ['a realm given twice', '{}', {}, '?realm=a&realm=b', 400, 'AGT_REQUEST_INVALID'],
    ['an empty source', '{}', {}, '?source=', 400, 'AGT_REQUEST_INVALID'],
    ['a very long key', '{}', { 'idempotency-key': 'k'.repeat(201) }, '', 400, 'AGT_REQUEST_INVALID'],
    ['an unknown encoding', '{}', { 'content-encoding': 'br' }, '', 415, 'AGT_ENCODING_UNSUPPORTED'],
    ['an empty body', '', {}, '', 400, 'AGT_BODY_INVALID'],
    ['a form', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }, '', 415, 'AGT_CONTENT_TYPE_UNSUPPORTED'],
    ['protobuf', 'x', { 'content-type': 'application/x-protobuf' }, '', 415, 'AGT_CONTENT_TYPE_UNSUPPORTED'],
    [
      'truncated gzip',
      gzipSync('{"a":1}').subarray(0, 20),
      { 'content-encoding': 'gzip' },
      '',
      400,
      'AGT_BODY_INVALID',
    ],
    [
      'truncated zstd',
      zstdCompressSync('{"a":1}\n'.repeat(1000)).subarray(0, -1),
      { 'content-encoding': 'zstd' },
      '',
      400,
      'AGT_BODY_INVALID',
    ],
    [
      'a second zstd frame, which would be lost',
      Buffer.concat([zstdCompressSync('{"a":1}\n'), zstdCompressSync('{"b":2}\n')]),
      { 'content-encoding': 'zstd' },
      '',
      400,
      'AGT_BODY_INVALID',
    ],
    [
      'a zstd bomb',
      zstdCompressSync(Buffer.alloc(50 << 20)),
      { 'content-encoding': 'zstd' },
      '',
      413,
      'AGT_BODY_TOO_LARGE',
    ],
    ['no gzip at all', 'plain', { 'content-encoding': 'gzip' }, '', 400, 'AGT_BODY_INVALID'],
    ['a gzip bomb', gzipSync(Buffer.alloc(50 << 20)), { 'content-encoding': 'gzip' }, '', 413, 'AGT_BODY_TOO_LARGE'],
  ])('refuses %s', async (_what, body, headers, query, status, code) => {
    const answer = await post(body, headers, query)
    expect([answer.statusCode, answer.json().code]).toEqual([status, code])
    expect(batches).toEqual([])
  })

  it.each([
    ['that ends in the middle', '[{"a":1}', 'at byte 8 it ends in the middle'],
    ['that is none', '{"a":1}', 'at byte 0 there should be ['],
    ['with something behind it', '[1] x', 'something follows the array at byte 4'],
    ['with a string without end', '["a"," b]', 'the string at byte 5 does not end'],
    ['with a comma at its end', '[{"a":1}, ]', 'element 2, at byte 9, is missing'],
    ['with a comma too many', '[{"a":1},,{"b":2}]', 'element 2, at byte 9, is missing'],
    ['with a broken element', '[{"ä":1},\n {"b":}]', 'element 2, at byte 12, is not JSON'],
    ['with brackets that do not match', '[{"a":[1}]]', 'element 1, at byte 1, is not JSON'],
    ['with an element that is no JSON', '[1,nope]', 'element 2, at byte 3, is not JSON'],
  ])('refuses a JSON array %s, and says where', async (_what, body, place) => {
    const answer = await post(body, { 'content-type': 'application/json; charset=utf-8' })
    expect([answer.statusCode, answer.json().code]).toEqual([400, 'AGT_BODY_INVALID'])
    expect(answer.json().detail).toContain(place)
    expect(batches).toEqual([])
  })

  it.each(['application/x-ndjson', 'application/jsonl', 'text/plain; charset=utf-8', 'Text/X-Log'])(
    'takes %s as lines',
    async (type) => {
      expect((await post('{"a":1}\n{"b":2}', { 'content-type': type })).json().accepted).toBe(2)
    },
  )

  it('refuses a body that is too large, and says how large it may be', async () => {
    const answer = await post('x'.repeat((1 << 20) + 1))
    expect([answer.statusCode, answer.json().code]).toEqual([413, 'AGT_BODY_TOO_LARGE'])
    expect(answer.json().detail).toContain('more than 1 MiB')
    expect(batches).toEqual([])
  })

  it('tells a full log before reading the body, and when it fills meanwhile', async () => {
    hasRoom = false
    const before = await post('{"a":1}')
    expect([before.statusCode, before.headers['retry-after']]).toEqual([429, '2'])
    hasRoom = true
    appendError = new AgenttrailError('AGT_LOG_FULL', 'full')
    const meanwhile = await post('{"a":1}')
    expect([meanwhile.statusCode, meanwhile.headers['retry-after']]).toEqual([429, '2'])
  })

  it('does not acknowledge what could not be made durable', async () => {
    appendError = new AgenttrailError('AGT_LOG_FAILED', 'disk')
    const answer = await post('{"a":1}')
    expect(answer.statusCode).toBeGreaterThanOrEqual(500)
  })
})
