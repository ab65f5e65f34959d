import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { decodeText } from './decode-text.ts'

// Goal: what each of Pomerium's lines becomes agrees with what was really done, web pages and statuses included.
// Method: a real Pomerium was driven and every request written down; each request's two lines are decoded and compared.
// What becomes of an MCP request – its one call with decision, user and tool – is test/integration/pomerium-truth.test.ts.

const live = join(import.meta.dirname, '../fixtures/pomerium-live')

const truthSchema = z.array(
  z.object({
    id: z.string(),
    file: z.string(),
    requests: z
      .array(
        z.object({
          kind: z.string(),
          request_id: z.string().nullish(),
          http_method: z.string().nullish(),
          status: z.number().nullish(),
          lines: z.object({ authorize: z.number().nullish(), access: z.number().nullish() }).optional(),
        }),
      )
      .default([]),
  }),
)

const scenarios = truthSchema.parse(JSON.parse(readFileSync(join(live, 'truth.json'), 'utf8')))

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

  it('finds each request id', () => {
    for (const { request, event } of authorized) expect(event.httpRequestId).toBe(request.request_id)
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
