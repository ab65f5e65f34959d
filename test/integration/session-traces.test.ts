import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSessionExport } from '../../src/run/session-export.ts'
import { createReadModel } from '../../src/store/readers/read-model.ts'
import { isMissing, otelCollector, startCollector } from '../fakes/otlp-parts.ts'
import { baseMs, baseUs, makeCall, makeFinding, makeLayer, makeSession, makeStoredEvent } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'
import { decodeText } from '../formats/decode-text.ts'

// Goal: each session that has ended is one trace at the endpoint, and a second export of it adds nothing.
// Method: rows go the way they go in the server; the exporter of the OpenTelemetry SDK sends to a receiver, directly and by
// way of a real Collector, and what arrives is compared.

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: readonly { readonly key: string; readonly value: object }[]
  readonly events?: readonly { readonly name: string; readonly attributes: readonly object[] }[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status?: { readonly code?: number }
}

interface Request {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[]
}

const idleMs = 30 * 60_000
let nowMs = baseMs
let bodies: string[] = []
let store: TestStore
let status = 200
/** Of the first session: trace id and span id of each span. */
let sentIds: (readonly [string, string])[] = []
let sentBody = ''

const receiver = createServer(async (request, response) => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const body = Buffer.concat(parts)
  bodies.push((request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString())
  response.writeHead(status, { 'content-type': 'application/json' }).end('{}')
})

beforeAll(async () => {
  store = await openTestStore()
  receiver.listen(0, '127.0.0.1')
  await once(receiver, 'listening')
})
afterAll(async () => {
  await store.close()
  receiver.close()
})
beforeEach(() => {
  bodies = []
  status = 200
})
afterEach(() => vi.unstubAllEnvs())

const receiverUrl = (): string => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`

const createExport = async (endpoint: string) => {
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint)
  const traces = await createSessionExport({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    client: store.client,
    readModel: createReadModel({ client: store.client, now: () => new Date(nowMs), sessionIdleMs: idleMs }),
    now: () => new Date(nowMs),
    idleMs,
    everyMs: 1000,
    version: '1',
    log: { warn: () => undefined } as never,
  })
  if (traces === null) throw new Error('there is an endpoint')
  return traces
}

const spansOf = (body: string): readonly Span[] =>
  (JSON.parse(body) as Request).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))

const received = (): readonly Span[] => bodies.flatMap(spansOf)

/** A session of two calls, one seen in a trace and one denied, with a finding about it. */
const writeSession = (id: string, { version = 1, atUs = baseUs } = {}): Promise<void> =>
  store.store((sink) => {
    if (version === 1) {
      const event = { eventId: `${id}-e1`, traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba90203' }
      sink.event(makeStoredEvent({ ...event, timeUs: atUs }))
      const layers = [makeLayer({ eventId: `${id}-e1` })]
      sink.call(makeCall({ id: `${id}-c1`, sessionId: id, timeUs: atUs + 1, durationUs: 2500, layers }), 1)
      sink.call(
        makeCall({
          id: `${id}-c2`,
          sessionId: id,
          timeUs: atUs + 1_000_000,
          decision: 'deny',
          outcome: 'denied',
          tool: 'delete_repo',
        }),
        1,
      )
    }
    const session = { id, startUs: atUs, endUs: atUs + 1_000_000 }
    if (version > 1) {
      sink.session(makeSession({ ...session, version: version - 1 }), -1)
      sink.finding(makeFinding({ id: `${id}-f`, sessionIds: [id], calls: [`${id}-c2`], timeUs: atUs + 1_000_000 }), 1)
    }
    sink.session(makeSession({ ...session, version, findings: version > 1 ? [`${id}-f`] : [] }), 1)
  })

it('needs an endpoint', async () => {
  const none = { client: store.client, readModel: {}, now: () => new Date(), idleMs, everyMs: 1, version: '1', log: {} }
  expect(await createSessionExport({ ...none, env: {} } as never)).toBeNull()
})

describe('a session', () => {
  it('is sent when it has ended, once, and again with the same ids when it has changed', async () => {
    const traces = await createExport(receiverUrl())
    await traces.round()
    await writeSession('s1')
    nowMs = baseMs + idleMs - 60_000
    await traces.round()
    expect(bodies).toEqual([])

    nowMs = baseMs + idleMs + 60_000
    await traces.round()
    const first = received()
    expect(first.map((span) => span.name)).toEqual([
      'tools/call list_issues',
      'tools/call delete_repo',
      'agent session',
    ])
    const [call, denied, root] = first
    expect(root).toMatchObject({ startTimeUnixNano: `${baseUs}000`, endTimeUnixNano: `${baseUs + 1_001_000}000` })
    expect(root?.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(call).toMatchObject({
      traceId: root?.traceId,
      parentSpanId: root?.spanId,
      startTimeUnixNano: `${baseUs + 1}000`,
      endTimeUnixNano: `${baseUs + 2501}000`,
      links: [{ traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba90203' }],
    })
    expect(denied?.attributes).toContainEqual({ key: 'agenttrail.decision', value: { stringValue: 'deny' } })
    expect(denied?.links ?? []).toEqual([])

    sentIds = first.map((span) => [span.traceId, span.spanId])
    sentBody = bodies[0] ?? ''

    await traces.round()
    expect(bodies).toHaveLength(1)

    await writeSession('s1', { version: 2 })
    await traces.round()
    const second = spansOf(bodies[1] ?? '')
    expect(second.map((span) => [span.traceId, span.spanId])).toEqual(sentIds)
    expect(second.at(-1)?.events).toMatchObject([{ name: 'finding' }])
    await traces.round()
    expect(bodies).toHaveLength(2)
    await traces.stop()
  })

  it('is sent with the same ids by another process', async () => {
    const again = await createExport(receiverUrl())
    await again.round()
    // What ended shortly before the store was written last may have been missed, so it is sent again.
    expect(received().map((span) => [span.traceId, span.spanId])).toEqual(sentIds)
    await writeSession('s2')
    bodies = []
    await again.round()
    expect(bodies).toHaveLength(1)
    expect(
      received().some((span) =>
        sentIds.some(([traceId, spanId]) => span.traceId === traceId || span.spanId === spanId),
      ),
    ).toBe(false)
    await again.stop()
  })

  it('becomes no call of ours when it comes back', () => {
    const [record] = decodeText(sentBody, { format: 'otlp-json' })
    expect(record?.outcome).toBe('ignored')
  })

  it('waits while the endpoint is down, and holds nothing up', async () => {
    const traces = await createExport(receiverUrl())
    await traces.round()
    await writeSession('s3')
    bodies = []
    // A refusal that no repetition helps: the exporter does not try again by itself.
    status = 400
    await traces.round()
    expect(bodies).toHaveLength(1)
    status = 200
    await traces.round()
    expect(bodies).toHaveLength(2)
    await traces.stop()
  })
})

describe.skipIf(isMissing(otelCollector))('by way of a Collector', () => {
  it('comes back equal', async () => {
    const direct = await createExport(receiverUrl())
    const collector = await startCollector({ endpoint: receiverUrl(), encoding: 'json' })
    const passed = await createExport(collector.endpoint)
    await direct.round()
    await passed.round()
    await writeSession('s4')
    await writeSession('s4', { version: 2 })
    bodies = []
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', receiverUrl())
    await direct.round()
    await passed.round()
    await collector.stop()
    const [sent, returned] = bodies.map((body) => spansOf(body).map(told))
    expect(sent).toHaveLength(3)
    expect(returned).toEqual(sent)
    await direct.stop()
    await passed.stop()
  })
})

/** What both JSON writers say, each in its way: integers as text or numbers, what is nothing written or left out. */
const told = (span: Span): unknown =>
  JSON.parse(
    JSON.stringify(span, (key, value) => {
      if (/^dropped|^flags$/.test(key) || value === '' || value === null) return undefined
      if (key === 'status' && !(value.code > 0)) return undefined
      if (Array.isArray(value) && value.length === 0) return undefined
      return typeof value === 'number' ? String(value) : value
    }),
  )
