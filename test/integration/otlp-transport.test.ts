import { gzipSync } from 'node:zlib'
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { AgenttrailError } from '../../src/errors.ts'
import type { RecordBatch } from '../../src/ingest/transport.ts'
import { createOtlpServer, mediaTypes } from '../fakes/otlp-server.ts'
import { finishedLog, finishedSpan } from '../fakes/otlp-spans.ts'

// Goal: what a sender is told is true of its records, in both encodings.
// Method: bodies are made by the OpenTelemetry SDK's own serializers and posted to the listening transport.

const { state, transport, reset, post } = createOtlpServer()
beforeAll(() => transport.start())
afterAll(() => transport.stop())
beforeEach(reset)

const spans = [
  finishedSpan({
    name: 'tools/call a',
    spanId: 'aaaaaaaaaaaaaaaa',
    attributes: { 'mcp.method.name': 'tools/call', n: 3, ok: false },
  }),
  finishedSpan({ name: 'other', spanId: 'bbbbbbbbbbbbbbbb' }),
]
const encoders = [
  ['json', JsonTraceSerializer],
  ['protobuf', ProtobufTraceSerializer],
] as const

const linesOf = (batch: RecordBatch | undefined): readonly unknown[] =>
  Buffer.from(batch?.body ?? [])
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line))

describe.each(encoders)('%s', (encoding, serializer) => {
  const body = Buffer.from(serializer.serializeRequest([...spans]) ?? [])
  const type = mediaTypes[encoding]

  it('makes a record of each span, under its resource and scope', async () => {
    const answer = await post(body, { type })
    expect(answer).toMatchObject({ status: 200, type })
    expect(answer.bytes.toString()).toBe(encoding === 'json' ? '{}' : '')
    expect(state.batches).toHaveLength(1)
    expect(state.batches[0]).toMatchObject({
      source: 'agent',
      realm: 'default',
      format: 'otlp-json',
      records: 2,
      identity: 'batch',
    })
    expect(linesOf(state.batches[0])[0]).toMatchObject({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'agent' } }] },
          scopeSpans: [
            {
              scope: { name: 'test', version: '1' },
              spans: [
                {
                  traceId: '5b8efff798038103d269b633813fc60c',
                  spanId: 'aaaaaaaaaaaaaaaa',
                  name: 'tools/call a',
                  startTimeUnixNano: '1795506816000000000',
                  links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }],
                  events: [{ name: 'noted' }],
                  status: { code: 1 },
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('reads gzip, and puts each sender’s records under its name', async () => {
    const others = [finishedSpan({ name: 'x', spanId: 'cccccccccccccccc', serviceName: 'gateway' }), ...spans]
    const bytes = gzipSync(serializer.serializeRequest(others) ?? Buffer.alloc(0))
    expect((await post(bytes, { type, headers: { 'content-encoding': 'gzip' } })).status).toBe(200)
    expect(state.batches.map((batch) => [batch.source, batch.records])).toEqual([
      ['gateway', 1],
      ['agent', 2],
    ])
  })

  it('takes realm, source and backfill from the URL', async () => {
    await post(body, { type, path: '/v1/traces?realm=eu&source=edge&backfill=true' })
    expect(state.batches).toMatchObject([{ realm: 'eu', source: 'edge', isBackfill: true, records: 2 }])
  })

  it('gives the same spans the same batch id, and others another', async () => {
    await post(body, { type })
    await post(body, { type })
    await post(Buffer.from(serializer.serializeRequest([...spans].slice(1)) ?? []), { type })
    expect(state.batches[0]?.batchId).toBe(state.batches[1]?.batchId)
    expect(state.batches[2]?.batchId).not.toBe(state.batches[0]?.batchId)
  })

  it('tells which spans are too large for a record, and keeps the others', async () => {
    const large = finishedSpan({ name: 'x'.repeat(1 << 20), spanId: 'dddddddddddddddd' })
    const answer = await post(Buffer.from(serializer.serializeRequest([large, ...spans]) ?? []), { type })
    expect(answer.status).toBe(200)
    const small = linesOf(state.batches[0]).filter((line) => JSON.stringify(line).length < 10_000)
    expect(small).toHaveLength(2)
    const told = serializer.deserializeResponse(answer.bytes)
    expect(told.partialSuccess).toMatchObject({ errorMessage: 'larger than 900 KiB' })
    expect(Number(told.partialSuccess?.rejectedSpans)).toBe(1)
  })

  it('takes a request without spans', async () => {
    expect((await post(Buffer.from(serializer.serializeRequest([]) ?? []), { type })).status).toBe(200)
    expect(state.batches).toEqual([])
  })

  it('answers only after the records are durable', async () => {
    const gate = Promise.withResolvers<void>()
    state.appending = gate.promise
    const order: string[] = []
    const answer = post(body, { type }).then(() => order.push('answered'))
    await new Promise((resolve) => setTimeout(resolve, 50))
    order.push('durable')
    gate.resolve()
    await answer
    expect(order).toEqual(['durable', 'answered'])
  })

  it.each([
    [
      'the log is full before the body is read',
      () => {
        state.hasRoom = false
      },
      429,
    ],
    [
      'the log is full when it is written',
      () => {
        state.appendError = new AgenttrailError('AGT_LOG_FULL', 'full')
      },
      429,
    ],
    [
      'the log fails',
      () => {
        state.appendError = new AgenttrailError('AGT_LOG_FAILED', 'broken disk')
      },
      503,
    ],
    [
      'anything else fails',
      () => {
        state.appendError = new Error('private detail')
      },
      503,
    ],
  ])('asks to come again when %s', async (_what, arrange, status) => {
    arrange()
    const answer = await post(body, { type })
    expect(answer).toMatchObject({ status, type, retry: '2' })
    expect(answer.bytes.toString()).not.toContain('private detail')
    expect(state.batches).toEqual([])
  })

  it('says what is wrong with a body, in the body’s encoding', async () => {
    const answer = await post(Buffer.from('{"resourceSpans": 7'), { type })
    expect(answer).toMatchObject({ status: 400, type })
    // google.rpc.Status: code 3 is an invalid argument.
    if (encoding === 'json') expect(JSON.parse(answer.bytes.toString())).toMatchObject({ code: 3 })
    else expect([...answer.bytes.subarray(0, 3)]).toEqual([0x08, 3, 0x12])
  })
})

it('makes the same lines of both encodings', async () => {
  for (const [encoding, serializer] of encoders) {
    await post(Buffer.from(serializer.serializeRequest([...spans]) ?? []), { type: mediaTypes[encoding] })
  }
  const [json, protobuf] = state.batches.map((batch) => linesOf(batch).map(told))
  expect(protobuf).toEqual(json)
})

/** Integers are text in one encoding and may be numbers in the other; protobuf has no word for what is zero or empty. */
const told = (line: unknown): unknown =>
  JSON.parse(
    JSON.stringify(line, (_key, value) => {
      if (typeof value === 'number') return value === 0 ? undefined : String(value)
      return Array.isArray(value) && value.length === 0 ? undefined : value
    }),
  )

describe('logs', () => {
  it.each([
    ['json', JsonLogsSerializer],
    ['protobuf', ProtobufLogsSerializer],
  ] as const)('in %s', async (encoding, serializer) => {
    const body = Buffer.from(
      serializer.serializeRequest([finishedLog({ attributes: { 'mcp.method.name': 'ping', n: 1 } })]) ?? [],
    )
    expect((await post(body, { type: mediaTypes[encoding], path: '/v1/logs' })).status).toBe(200)
    expect(linesOf(state.batches[0])).toMatchObject([
      {
        resourceLogs: [
          {
            scopeLogs: [
              {
                scope: { name: 'agentgateway.access' },
                logRecords: [{ body: { stringValue: 'request' }, severityText: 'INFO' }],
              },
            ],
          },
        ],
      },
    ])
  })
})
