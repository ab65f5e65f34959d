import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { decodeText } from './decode-text.ts'

// Goal: what Pomerium's lines become agrees with what was really done.
// Method: a real Pomerium was driven and every request written down; each request's two lines are decoded and compared.

const live = join(import.meta.dirname, '../fixtures/pomerium-live')

const truthSchema = z.array(
  z.object({
    id: z.string(),
    file: z.string(),
    requests: z
      .array(
        z.object({
          kind: z.string(),
          layer1: z.string().nullish(),
          request_id: z.string().nullish(),
          tool: z.string().nullish(),
          rpc_method: z.string().nullish(),
          route: z.string().nullish(),
          http_method: z.string().nullish(),
          status: z.number().nullish(),
          note: z.string().nullish(),
          lines: z.object({ authorize: z.number().nullish(), access: z.number().nullish() }).optional(),
        }),
      )
      .default([]),
  }),
)

const decisions: Readonly<Record<string, string>> = { allowed: 'allow', denied: 'deny', unauthenticated: 'escalate' }
const scenarios = truthSchema.parse(JSON.parse(readFileSync(join(live, 'truth.json'), 'utf8')))

/** What these requests sent, Pomerium could not read, so its line names no tool. */
const isUnread = (note: string): boolean => /batch|over max_request_bytes|text\/plain/.test(note)

const scenarioRecords = scenarios.map(({ id, file, requests }) => {
  const records = decodeText(readFileSync(join(live, file)), { format: 'pomerium' })
  const eventOf = (line: number | null | undefined) => records[(line ?? 0) - 1]?.events[0]
  const pairs = requests.map((request) => ({
    request,
    authorize: eventOf(request.lines?.authorize),
    access: eventOf(request.lines?.access),
  }))
  return { id, records, pairs }
})

describe.each(scenarioRecords)('$id', ({ records, pairs }) => {
  const authorized = pairs.flatMap(({ request, authorize }) =>
    authorize === undefined ? [] : [{ request, event: authorize }],
  )
  const accessed = pairs.flatMap(({ request, access }) => (access === undefined ? [] : [{ request, event: access }]))

  it('reads every line', () => {
    expect(records.filter((record) => record.outcome === 'rejected')).toEqual([])
  })

  it('finds each decision', () => {
    for (const { request, event } of authorized) {
      expect(event.httpRequestId).toBe(request.request_id)
      expect(event.decision).toBe(decisions[request.layer1 ?? ''] ?? event.decision)
    }
  })

  it('finds each tool', () => {
    for (const { request, event } of authorized) {
      // A body with the tool's name in it twice is noted down without one.
      if (request.tool) expect(event.tool).toBe(isUnread(request.note ?? '') ? '' : request.tool)
    }
  })

  it('tells MCP requests from web pages', () => {
    for (const { request, event } of authorized) {
      if (request.kind !== 'mcp') expect(event.kind).toBe('web')
      else if (request.http_method === 'POST') expect(event.kind).toBe('decision')
    }
  })

  it('finds each status, and takes none for a decision or a success', () => {
    for (const { request, event } of accessed) {
      expect(event).toMatchObject({ httpStatus: request.status ?? event.httpStatus, decision: 'not_evaluated' })
      expect(event.outcome).not.toBe('success')
    }
  })

  it('names the same server in both lines', () => {
    for (const { authorize, access } of pairs) {
      if (authorize !== undefined && access !== undefined) expect(access.server).toBe(authorize.server)
    }
  })
})

it('covers every kind of decision', () => {
  const seen = new Set(scenarios.flatMap(({ requests }) => requests.map((request) => request.layer1)))
  expect([...seen]).toEqual(expect.arrayContaining(['allowed', 'denied', 'unauthenticated']))
})
