import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ActivityEvent } from '../../src/event/event.ts'
import { analyseBodies } from '../fakes/analyse-bodies.ts'
import { goOtel, isMissing, otelCollector, pythonOtel, sendSpans, startCollector } from '../fakes/otlp-parts.ts'
import { createOtlpServer } from '../fakes/otlp-server.ts'

// Goal: the same calls, whichever SDK and encoding their spans come by.
// Method: a small program in each language makes the same spans with its OpenTelemetry SDK and sends them to the listening
// intake; what they become is compared with what was made, ids, times and what names the SDK aside.

const { state, transport, reset } = createOtlpServer()
beforeAll(() => transport.start())
afterAll(() => transport.stop())
beforeEach(reset)

const received = () => {
  const { calls, events } = analyseBodies(state.batches, Date.now())
  return {
    calls,
    events: events.toSorted((a, b) => (a.method + a.tool + a.kind < b.method + b.tool + b.kind ? -1 : 1)),
  }
}

const isCommon = (name: string): boolean => !/^(resource|scope|span\.(events|flags|dropped|links\.0\.flags))/.test(name)

const told = (event: ActivityEvent): object => ({
  ...Object.fromEntries(
    (
      [
        'kind',
        'layer',
        'product',
        'source',
        'method',
        'tool',
        'jsonrpcId',
        'explicitSessionId',
        'arguments',
        'result',
        'outcome',
        'errorType',
        'errorMessage',
        'linkedTraceIds',
      ] as const
    ).map((field) => [field, event[field]]),
  ),
  attributes: Object.fromEntries(Object.entries(event.attributes).filter(([name]) => isCommon(name))),
})

const common = { source: 'support-agent', product: 'opentelemetry', method: 'tools/call', linkedTraceIds: [] }
const expected = [
  {
    ...common,
    kind: 'span',
    layer: 'server',
    tool: 'delete_repo',
    jsonrpcId: '8',
    outcome: 'tool_error',
    errorType: 'tool_error',
    errorMessage: 'refused',
    linkedTraceIds: ['1'.repeat(32)],
    attributes: {
      'span.name': 'tools/call delete_repo',
      'span.kind': '2',
      'span.links.0.traceId': '1'.repeat(32),
      'span.links.0.spanId': '2'.repeat(16),
      'span.links.0.why': 'http',
    },
  },
  {
    ...common,
    kind: 'request',
    layer: 'trace',
    tool: 'get_weather',
    jsonrpcId: '7',
    outcome: 'unknown',
    attributes: { 'span.name': 'tools/call get_weather', 'span.kind': '3' },
  },
  {
    ...common,
    kind: 'span',
    layer: 'trace',
    tool: 'get_weather',
    explicitSessionId: 'conv-7',
    arguments: '{"city":"Oslo"}',
    result: '{"celsius":4}',
    outcome: 'success',
    attributes: {
      attempt: '2',
      cached: 'false',
      ratio: '0.5',
      'tags.0': 'a',
      'tags.1': 'b',
      'span.name': 'execute_tool get_weather',
      'span.kind': '1',
    },
  },
]

const check = (): void => {
  const { events, calls } = received()
  expect(events.map(told)).toMatchObject(expected)
  const [served, called, run] = events
  expect(called).toMatchObject({ traceId: run?.traceId, parentSpanId: run?.spanId })
  expect(called?.mcpSessionId).toMatch(/^hmac:test:[0-9a-f]{32}$/)
  expect(served?.attributes['span.events.0.name']).toBe('exception')
  for (const event of events) {
    expect(event.durationUs).toBeGreaterThanOrEqual(0)
    expect(Math.abs(event.timeUs / 1000 - Date.now())).toBeLessThan(60_000)
  }
  expect(calls.filter((call) => call.tool === 'delete_repo')).toMatchObject([
    { outcome: 'tool_error', traceId: served?.traceId, jsonrpcId: '8' },
  ])
}

const encodings = ['json', 'protobuf'] as const

describe('JavaScript', () => {
  it.each(encodings)('in %s', async (encoding) => {
    await sendSpans('javascript', { endpoint: transport.url(), encoding })
    check()
  })
})

describe.skipIf(isMissing(pythonOtel))('Python', () => {
  it.each(encodings)('in %s', async (encoding) => {
    await sendSpans('python', { endpoint: transport.url(), encoding })
    check()
  })
})

describe.skipIf(isMissing(goOtel))('Go', () => {
  it('in protobuf', async () => {
    await sendSpans('go', { endpoint: transport.url(), encoding: 'protobuf' })
    check()
  })
})

// Go's SDK writes protobuf only; the Collector is what writes JSON in Go.
describe.skipIf(isMissing(goOtel) || isMissing(otelCollector))('Go by way of a Collector', () => {
  it.each(encodings)('in %s', async (encoding) => {
    const collector = await startCollector({ endpoint: transport.url(), encoding })
    try {
      await sendSpans('go', { endpoint: collector.endpoint, encoding: 'protobuf' })
      check()
    } finally {
      await collector.stop()
    }
  })
})
