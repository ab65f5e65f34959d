import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createOtlpServer, mediaTypes } from '../fakes/otlp-server.ts'

// Goal: what the OTLP intake does not take is refused in words, costs little, and leaves nothing behind.
// Method: requests that are wrong in one way each.

const { state, transport, reset, post } = createOtlpServer()
beforeAll(() => transport.start())
afterAll(() => transport.stop())
beforeEach(reset)

describe('refusals', () => {
  it.each([
    ['another media type', 'text/plain', '/v1/traces', {}, 415],
    ['another encoding of the content', mediaTypes.json, '/v1/traces', { 'content-encoding': 'br' }, 415],
    ['metrics', mediaTypes.json, '/v1/metrics', {}, 404],
    ['a foreign host', mediaTypes.json, '/v1/traces', { host: 'evil.example' }, 421],
    ['a page of another site', mediaTypes.json, '/v1/traces', { origin: 'https://evil.example' }, 403],
    ['a parameter given twice', mediaTypes.json, '/v1/traces?realm=a&realm=b', {}, 400],
  ])('%s', async (_what, type, path, headers, status) => {
    const answer = await post('{}', { type, path, headers })
    expect(answer).toMatchObject({ status })
    expect(JSON.parse(answer.bytes.toString())).toMatchObject({ message: expect.stringMatching(/./) })
    expect(state.batches).toEqual([])
  })

  it('a body that is too large, and one that grows to be', async () => {
    expect((await post('x'.repeat(5 << 20))).status).toBe(413)
    expect((await post(gzipSync('x'.repeat(5 << 20)), { headers: { 'content-encoding': 'gzip' } })).status).toBe(413)
  })

  it('a resource so large that its repetition would not fit', async () => {
    const resource = { attributes: [{ key: 'x', value: { stringValue: 'y'.repeat(100_000) } }] }
    const many = { resourceSpans: [{ resource, scopeSpans: [{ spans: Array.from({ length: 1000 }, () => ({})) }] }] }
    expect((await post(JSON.stringify(many))).status).toBe(413)
    expect(state.batches).toEqual([])
  })

  it('messages within messages, however deep', async () => {
    let inner = Buffer.from([0x0a, 0])
    for (let depth = 0; depth < 2000; depth += 1)
      inner = Buffer.concat([Buffer.from([0x0a]), varint(inner.length), inner])
    expect((await post(inner, { type: mediaTypes.protobuf })).status).toBeLessThan(500)
  })

  it('are measured under their route, never under their path', async () => {
    await post('{}', { path: '/v1/nothing/secret' })
    await post('{}')
    expect(state.answered).toMatchObject([
      { route: 'none', status: 404 },
      { route: '/v1/traces', status: 200, method: 'POST' },
    ])
  })
})

const varint = (value: number): Buffer => {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  return Buffer.from([...bytes, rest])
}
