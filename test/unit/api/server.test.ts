import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { FindingShape, PipelineStatus } from '../../../src/api/read-model.ts'
import { readRoutes } from '../../../src/api/read-routes.ts'
import type { Route } from '../../../src/api/route.ts'
import type { AnsweredRequest } from '../../../src/api/server.ts'
import { ruleShapes } from '../../../src/run/rule-shapes.ts'
import { createFakeReadModel, emptyData, healthyStatus } from '../../fakes/read-model.ts'
import { shippedRule } from '../../fakes/rules.ts'
import { apiSample as sample } from './api-sample.ts'
import { openApi } from './open-api.ts'

const rules = ruleShapes([shippedRule('deny-burst')])
const backtest = async (_realm: string, ruleId: string, range: { readonly from: string; readonly to: string }) => ({
  ruleId,
  from: range.from,
  to: range.to,
  readFrom: range.from,
  evaluable: true,
  reason: '',
  findings: sample().findings.slice(0, 1),
  truncated: false,
  rowsRead: 12,
  seconds: 0.25,
  budget: { rowsMax: null, secondsMax: 5 },
  withinBudget: true,
})
const judge = async ({ status = 'open', note = '' }) => ({ ...sample().findings[0], status, note }) as FindingShape
const get = async (
  url: string,
  deps: Parameters<typeof openApi>[0] = {},
  method: Route['method'] = 'get',
  payload?: object,
) => {
  const api = await openApi({ readModel: createFakeReadModel(sample()), rules, backtest, judge, ...deps })
  const response = await api.inject({ url, method, ...(payload === undefined ? {} : { payload }) })
  await api.close()
  return response
}
const everything = 'from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z'

describe('answers', () => {
  const examples: Readonly<Record<string, string>> = {
    '/api/v1/status': '/api/v1/status',
    '/api/v1/batches/{id}': '/api/v1/batches/b1',
    '/api/v1/sessions': `/api/v1/sessions?${everything}`,
    '/api/v1/sessions/{id}': '/api/v1/sessions/ses_x81p',
    '/api/v1/sessions/{id}/timeline': '/api/v1/sessions/ses_x81p/timeline',
    '/api/v1/calls': `/api/v1/calls?${everything}`,
    '/api/v1/calls/{id}': '/api/v1/calls/ses_7kq2_c0',
    '/api/v1/events': `/api/v1/events?${everything}`,
    '/api/v1/events/{id}': '/api/v1/events/e1',
    '/api/v1/events/{id}/payload': '/api/v1/events/e1/payload',
    '/api/v1/findings': `/api/v1/findings?${everything}`,
    '/api/v1/findings/{id}': '/api/v1/findings/fnd_51c0',
    '/api/v1/actions': '/api/v1/actions',
    '/api/v1/actions/{id}': '/api/v1/actions/act_flag',
    '/api/v1/rules': '/api/v1/rules',
    '/api/v1/rules/{id}': '/api/v1/rules/deny-burst',
    '/api/v1/response': '/api/v1/response',
    '/api/v1/rules/{id}/backtest': '/api/v1/rules/deny-burst/backtest',
    '/api/v1/agents': `/api/v1/agents?${everything}`,
    '/api/v1/users': `/api/v1/users?${everything}`,
    '/api/v1/tools': `/api/v1/tools?${everything}`,
    '/api/v1/servers': `/api/v1/servers?${everything}`,
    '/api/v1/query': '/api/v1/query',
    '/api/v1/sessions/{id}/legal-hold': '/api/v1/sessions/s-1/legal-hold',
    '/api/v1/search': `/api/v1/search?q=tool:x&${everything}`,
    '/api/v1/audit': `/api/v1/audit?${everything}`,
    '/api/v1/dead-letters/replay': '/api/v1/dead-letters/replay',
    '/api/v1/dead-letters': `/api/v1/dead-letters?${everything}`,
  }

  test.each(readRoutes.filter(({ isDownload }) => !isDownload).map((route) => [route.path, route] as const))(
    '%s in its documented shape',
    async (path, route) => {
      const bodies: Record<string, object> = {
        patch: { status: 'truePositive' },
        query: { sql: 'SELECT 1' },
        hold: { isHeld: true, reason: 'case 7' },
      }
      const payload = bodies[path.endsWith('/query') ? 'query' : path.endsWith('/legal-hold') ? 'hold' : route.method]
      const response = await get(examples[path] ?? 'no example', {}, route.method, payload)
      expect(response.statusCode).toBe(200)
      expect(response.headers['cache-control']).toBe('no-store')
      const body = response.json()
      expect(z.prettifyError(route.response.safeParse(body).error ?? new z.ZodError([]))).toBe('')
      if ('items' in body) expect(body.items.length).toBeGreaterThan(0)
    },
  )

  test('a batch: how its records ended, or that this is not known yet', async () => {
    const counts = { stored: 3, ignored: 1, duplicate: 0, rejected: 0 }
    const batch = async (_realm: string, id: string) => (id === 'b1' ? counts : null)
    expect((await get('/api/v1/batches/b1', { batch })).json()).toEqual({
      batchId: 'b1',
      state: 'done',
      records: counts,
    })
    expect((await get('/api/v1/batches/b2', { batch })).json()).toMatchObject({ batchId: 'b2', state: 'pending' })
  })

  test('a session with its identity and the actions taken', async () => {
    const body = (await get('/api/v1/sessions/ses_x81p')).json()
    expect(body.identity).toMatchObject({ basis: 'mcp_session', confidence: 0.95, agentBasis: 'oauth_client' })
    expect(body.actions.map((action: { kind: string }) => action.kind)).toEqual(['flag', 'revoke'])
  })

  test('a call with its events and no other call’s', async () => {
    expect((await get('/api/v1/calls/ses_7kq2_c0')).json().events).toHaveLength(1)
    expect((await get('/api/v1/calls/ses_7kq2_c1')).json().events).toHaveLength(0)
  })

  test('pages by cursor until there is none', async () => {
    const first = (await get('/api/v1/sessions/ses_x81p/timeline?limit=10')).json()
    expect(first.items).toHaveLength(10)
    const second = (await get(`/api/v1/sessions/ses_x81p/timeline?limit=10&cursor=${first.nextCursor}`)).json()
    expect(second.items).toHaveLength(7)
    expect(second.nextCursor).toBeNull()
  })

  test('passes filters on and other realms nothing', async () => {
    const agents = async (query: string) =>
      (await get(`/api/v1/sessions?${everything}&${query}`)).json().items.map((item: { id: string }) => item.id)
    expect(await agents('agent=triage-helper')).toEqual(['ses_x81p'])
    expect(await agents('minRisk=50')).toEqual(['ses_x81p'])
    expect(await agents('decision=deny')).toEqual(['ses_x81p', 'ses_7kq2'])
    expect(await agents('realm=other')).toEqual([])
    expect((await get(`/api/v1/findings?${everything}&shadow=true`)).json().items).toEqual([])
    expect((await get(`/api/v1/findings?${everything}&shadow=false`)).json().items).toHaveLength(1)
  })
})

describe('problems', () => {
  test('come all at once, each with its parameter', async () => {
    const response = await get('/api/v1/sessions?limit=5000&from=yesterday&sttaus=active&decision=no&minRisk=-1')
    expect(response.statusCode).toBe(400)
    expect(response.headers['content-type']).toContain('application/problem+json')
    const body = response.json()
    expect(body).toMatchObject({
      code: 'AGT_REQUEST_INVALID',
      status: 400,
      type: 'urn:agenttrail:problem:AGT_REQUEST_INVALID',
    })
    const byName = Object.fromEntries(
      body.problems.map((each: { name: string; detail: string }) => [each.name, each.detail]),
    )
    expect(byName).toMatchObject({
      limit: 'use a whole number from 1 to 1000',
      from: expect.stringContaining('RFC 3339'),
      sttaus: 'did you mean status?',
      decision: expect.stringContaining('use one of allow'),
      minRisk: expect.stringContaining('whole number'),
    })
  })

  test.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=1e2', 'limit'],
    ['tool=a&tool=b', 'tool'],
    ['tool=', 'tool'],
    ['from=2026-05-04T10:00:00Z&to=2026-05-04T09:00:00Z', 'to'],
  ])('%s', async (query, name) => {
    expect((await get(`/api/v1/sessions?${query}`)).json().problems).toEqual([expect.objectContaining({ name })])
  })

  test.each(['sessions', 'calls', 'events', 'findings'])('404 for an unknown one of %s', async (what) => {
    const response = await get(`/api/v1/${what}/nothing`)
    expect(response.statusCode).toBe(404)
    expect(response.json().code).toBe('AGT_NOT_FOUND')
  })

  test('404 as a problem for a path that is not there', async () => {
    const response = await get('/api/v1/nothing?token=hush')
    expect(response.statusCode).toBe(404)
    expect(response.json().code).toBe('AGT_NOT_FOUND')
    expect(response.body).not.toContain('hush')
  })

  test('503 with Retry-After while the store is away', async () => {
    const data = { ...emptyData(), isStoreUp: false }
    const response = await get('/api/v1/sessions', { readModel: createFakeReadModel(data) })
    expect(response.statusCode).toBe(503)
    expect(Number(response.headers['retry-after'])).toBeGreaterThan(0)
    expect(response.json().code).toBe('AGT_STORE_UNAVAILABLE')
  })

  test('500 tells nothing of what broke', async () => {
    const readModel = {
      ...createFakeReadModel(emptyData()),
      sessions: async () => Promise.reject(new Error('secret DSN')),
    }
    const response = await get('/api/v1/sessions', { readModel })
    expect(response.statusCode).toBe(500)
    expect(response.body).not.toContain('secret')
  })
})

describe('health', () => {
  const statusWith = (part: Partial<PipelineStatus>) => () => ({ ...healthyStatus(), ...part })

  test('is ready when store and log are', async () => {
    expect((await get('/health/ready')).statusCode).toBe(200)
  })

  test.each([
    ['down', /store is down/],
    ['starting', /store is starting/],
  ] as const)('is not ready while the store is %s, but alive', async (state, reason) => {
    const status = statusWith({ store: { kind: 'embedded', state, restarts: 1 } })
    const response = await get('/health/ready', { status })
    expect(response.statusCode).toBe(503)
    expect(response.json().reasons).toEqual([expect.stringMatching(reason)])
    expect((await get('/health/live', { status })).statusCode).toBe(200)
  })

  test('is not ready while the log is full', async () => {
    const status = statusWith({ log: { usedBytes: 9, bytesMax: 10, acceptsRecords: false } })
    expect((await get('/health/ready', { status })).json().reasons).toEqual([expect.stringMatching(/log is full/)])
  })
})

describe('who may ask', () => {
  const ask = async (headers: Record<string, string>, method: 'GET' | 'POST' = 'GET') => {
    const api = await openApi()
    return api.inject({ method, url: method === 'GET' ? '/health/live' : '/v1/records', headers })
  }

  test.each(['localhost:9470', '127.0.0.1:9470', '[::1]:9470', '127.0.0.1:18080', 'LOCALHOST'])(
    '%s may',
    async (host) => {
      expect((await ask({ host })).statusCode).toBe(200)
    },
  )

  test.each(['evil.example', 'evil.example:9470', '127.0.0.1.evil.example', 'localhost.evil.example', 'a@127.0.0.1'])(
    'a page that had its name "%s" resolve to us may not',
    async (host) => {
      const response = await ask({ host })
      expect(response.statusCode).toBe(421)
      expect(response.json().problems[0].name).toBe('host')
    },
  )

  test('a page elsewhere may not post records', async () => {
    const host = '127.0.0.1:9470'
    expect((await ask({ host, origin: 'https://evil.example' }, 'POST')).statusCode).toBe(403)
    expect((await ask({ host, origin: 'null' }, 'POST')).statusCode).toBe(403)
    expect((await ask({ host, origin: 'http://127.0.0.1:9470' }, 'POST')).statusCode).toBe(200)
  })

  test('every answer forbids framing, guessing and foreign code, and allows no other origin', async () => {
    const api = await openApi()
    for (const url of ['/', '/api/v1/status', '/nothing', '/metrics', '/api/v1/sessions?limit=x']) {
      const { headers } = await api.inject({ url })
      expect(headers['content-security-policy']).toContain("default-src 'none'")
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      expect(headers['x-content-type-options']).toBe('nosniff')
      expect(headers['access-control-allow-origin']).toBeUndefined()
    }
  })
})

test('reports answered requests by route, not by path', async () => {
  const seen: AnsweredRequest[] = []
  const api = await openApi({ onAnswered: (request) => seen.push(request) })
  await api.inject({ url: '/api/v1/sessions/abc' })
  await api.inject({ url: '/made/up/path' })
  await api.close()
  expect(seen.map(({ route, status }) => [route, status])).toEqual([
    ['/api/v1/sessions/:id', 404],
    ['none', 404],
  ])
})

test('says so when the console has not been built', async () => {
  const response = await get('/')
  expect(response.statusCode).toBe(503)
  expect(response.body).toContain('npm run build')
})
