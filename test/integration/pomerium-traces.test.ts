import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { analyseBodies } from '../fakes/analyse-bodies.ts'

// Goal: a request that Pomerium wrote about in its log and in its traces is one call, and its trace is known.
// Method: the log and the spans of the same requests, captured from a running Pomerium, are analysed in both orders; the
// truth names each request that was made.

const folder = new URL('../fixtures/pomerium-live/', import.meta.url)
const read = (file: string): Buffer => readFileSync(new URL(file, folder))
const log = { source: 'pomerium', body: read('k-traces.jsonl') }
const spans = { source: 'envoy', body: read('k-traces.otlp-traces.jsonl') }
const receivedMs = Date.parse('2026-11-24T09:00:00Z')

const truth = z
  .array(
    z.object({
      request_id: z.string(),
      rpc_method: z.string(),
      tool: z.string().optional(),
      trace_id: z.string().optional(),
      user: z.string(),
      status: z.number(),
    }),
  )
  .parse(JSON.parse(read('k-traces.truth.json').toString()))

describe.each([
  ['the log first', [log, spans]],
  ['the spans first', [spans, log]],
] as const)('%s', (_order, bodies) => {
  const { calls, events } = analyseBodies(bodies, receivedMs)

  it('gives one call for each request, and no other', () => {
    expect(calls.map((call) => call.httpRequestId).toSorted()).toEqual(
      truth.map((request) => request.request_id).toSorted(),
    )
  })

  it('knows of each what both say', () => {
    for (const request of truth) {
      const call = calls.find(({ httpRequestId }) => httpRequestId === request.request_id)
      expect(call).toMatchObject({ httpStatus: request.status })
      const ofCall = events.filter((event) => event.httpRequestId === request.request_id)
      expect(ofCall.map((event) => event.kind).toSorted()).toEqual(
        expect.arrayContaining(['access', 'span']) as unknown as string[],
      )
      expect(call?.layers.some((layer) => layer.kind === 'span')).toBe(true)
      expect(call?.traceId).toBe(ofCall.find((event) => event.kind === 'span')?.traceId)
      if (request.trace_id !== undefined) expect(call?.traceId).toBe(request.trace_id)
    }
  })

  it('makes no call of a web page that was traced', () => {
    const pages = events.filter((event) => event.format === 'otlp-json' && event.kind === 'web')
    expect(pages.length).toBeGreaterThan(5)
  })
})
