import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Principal, Role } from '../../../src/api/access.ts'
import { routeRights } from '../../../src/api/route-rights.ts'
import { roleNames as roles } from '../../../src/config-access.ts'
import { AgenttrailError } from '../../../src/errors.ts'
import { fakeAccess } from '../../fakes/access.ts'
import { createFakeReadModel, healthyStatus } from '../../fakes/read-model.ts'
import { sampleData } from '../../fakes/sample-data.ts'
import { openApi } from './open-api.ts'

const of = (role: Role, realms: Principal['realms'] = 'all'): Principal => ({
  name: `token:${role}`,
  roles: [role],
  realms,
})
const principals = {
  ...Object.fromEntries(roles.map((role) => [`agt_${role}`, of(role)])),
  agt_prod: of('analyst', ['prod']),
  agt_both: of('analyst', ['prod', 'default']),
}

let api: FastifyInstance
beforeEach(async () => {
  const data = sampleData(Date.parse('2026-05-04T10:15:00Z'))
  data.deadLetters.push({
    recordId: 'r.1',
    time: '2026-05-04T10:00:00.000000Z',
    source: 's',
    format: 'pomerium',
    sourcePosition: 7,
    reason: 'not JSON',
    raw: 'what it held',
    rawBytes: 12,
  })
  api = await openApi({ access: fakeAccess(principals), readModel: createFakeReadModel(data) })
})
afterEach(() => api.close())

const ask = (url: string, token = '', method: 'GET' | 'POST' = 'GET') =>
  api.inject({ url, method, headers: token === '' ? {} : { authorization: `Bearer ${token}` } })

describe('a caller', () => {
  test('is told what is missing: a token, a role, a realm', async () => {
    const unknown = await ask('/api/v1/sessions')
    expect([unknown.statusCode, unknown.json().code]).toEqual([401, 'AGT_UNAUTHENTICATED'])
    expect(unknown.headers['www-authenticate']).toContain('Bearer')
    expect((await ask('/api/v1/sessions', 'agt_made-up')).statusCode).toBe(401)
    const role = await ask('/api/v1/response/pause', 'agt_viewer', 'POST')
    expect([role.statusCode, role.json().code]).toEqual([403, 'AGT_FORBIDDEN'])
    const realm = await ask('/api/v1/sessions?realm=other', 'agt_prod')
    expect(realm.statusCode).toBe(403)
    expect(realm.json().detail).toContain('"other"')
  })

  test('may send its token as a bearer, a header of ours or a cookie', async () => {
    const answers = await Promise.all(
      [
        { authorization: 'bearer agt_viewer' },
        { 'x-agenttrail-token': 'agt_viewer', authorization: 'Bearer of-the-agent' },
        { cookie: 'a=b; agenttrail_token=agt_viewer' },
        { authorization: 'Bearer of-the-agent' },
        { authorization: 'Basic agt_viewer' },
      ].map((headers) => api.inject({ url: '/api/v1/me', headers })),
    )
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 401, 401])
    expect(answers[0]?.json()).toEqual({ name: 'token:viewer', roles: ['viewer'], realms: 'all', mode: 'tokens' })
  })

  test('with one realm means that one, with several says which', async () => {
    const seen: string[] = []
    await api.close()
    const readModel = createFakeReadModel(sampleData(0))
    api = await openApi({
      access: fakeAccess(principals),
      readModel: {
        ...readModel,
        sessions: async (realm, ...rest) => {
          seen.push(realm)
          return readModel.sessions(realm, ...rest)
        },
      },
    })
    await ask('/api/v1/sessions', 'agt_prod')
    await ask('/api/v1/sessions', 'agt_both')
    await ask('/api/v1/sessions?realm=prod', 'agt_both')
    await ask('/api/v1/sessions?realm=default', 'agt_prod')
    await ask('/api/v1/sessions?realm=default&realm=prod', 'agt_prod')
    expect(seen).toEqual(['prod', 'default', 'prod'])
  })

  test('of one realm learns nothing of others from the status', async () => {
    const whole = (await ask('/api/v1/status', 'agt_viewer')).json()
    expect(whole).toEqual(healthyStatus())
    const part = (await ask('/api/v1/status', 'agt_prod')).json()
    expect(part.records).toEqual({})
    expect(part.analyser).toMatchObject({ sessionsLive: 0, callsLive: 0, watermark: null })
    expect((await ask('/metrics', 'agt_prod')).statusCode).toBe(403)
    expect((await ask('/metrics', 'agt_viewer')).statusCode).toBe(200)
  })

  test('sees records in dead letters only with the right to payloads', async () => {
    const url = '/api/v1/dead-letters?from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z'
    const raws = await Promise.all(
      roles.map(async (role) => [role, (await ask(url, `agt_${role}`)).json().items?.[0]?.raw]),
    )
    expect(Object.fromEntries(raws)).toMatchObject({ admin: '', analyst: '', 'payload-reader': 'what it held' })
  })
})

describe('who signs in', () => {
  const login = (body: object, headers: Record<string, string> = {}) =>
    api.inject({ url: '/api/v1/login', method: 'POST', headers, payload: body })

  test('gets a cookie that no script and no other site can use', async () => {
    const answer = await login({ token: 'agt_viewer' })
    expect(answer.statusCode).toBe(200)
    const cookie = String(answer.headers['set-cookie'])
    expect(cookie).toMatch(/^agenttrail_token=agt_viewer; Path=\/; HttpOnly; SameSite=Strict$/)
    const tls = await login({ token: 'agt_viewer' }, { 'x-forwarded-proto': 'https' })
    expect(String(tls.headers['set-cookie'])).toMatch(/; Secure$/)
    const out = await api.inject({ url: '/api/v1/logout', method: 'POST' })
    expect([out.statusCode, String(out.headers['set-cookie'])]).toEqual([204, expect.stringContaining('Max-Age=0')])
  })

  test.each([
    [{ token: 'agt_made-up' }, 401],
    [{ token: 'a; b' }, 400],
    [{}, 400],
  ])('%j: %i', async (body, status) => {
    const answer = await login(body)
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['set-cookie']).toBeUndefined()
  })

  test('from another site is refused, whatever the name of this one', async () => {
    const statuses = await Promise.all(
      [
        { host: 'audit.example', origin: 'https://evil.example' },
        { host: 'audit.example', origin: 'https://audit.example', 'sec-fetch-site': 'cross-site' },
        { host: 'audit.example', origin: 'null' },
        { host: 'audit.example', origin: 'https://audit.example' },
        { host: '10.0.0.5:9470', origin: 'https://audit.example', 'sec-fetch-site': 'same-origin' },
        { host: 'audit.example' },
      ].map(async (headers) => (await login({ token: 'agt_viewer' }, headers)).statusCode),
    )
    expect(statuses).toEqual([403, 403, 403, 200, 200, 200])
  })
})

const urlOf = (endpoint: string): readonly [method: string, path: string] => {
  const [method = '', path = ''] = endpoint.split(' ')
  return [method, path.replaceAll(/\{\w+\}/g, 'x').replace('*', 'x')]
}

describe('every endpoint', () => {
  /** Whether a request gets to its route; what it is answered there is not asked here. */
  const isLetIn = async (url: string, method: string, token: string): Promise<boolean> => {
    const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` }
    const response = await fetch(url, { method, headers })
    await response.body?.cancel()
    return response.status !== 401 && response.status !== 403
  }

  test('lets in who the table in the documentation says', async () => {
    const base = await api.listen({ host: '127.0.0.1', port: 0 })
    const rows = [['endpoint', 'nobody', ...roles]]
    for (const endpoint of Object.keys(routeRights).toSorted(byPath)) {
      const [method, path] = urlOf(endpoint)
      const cells: string[] = []
      for (const token of ['', ...roles.map((role) => `agt_${role}`)]) {
        cells.push((await isLetIn(base + path, method, token)) ? 'yes' : '–')
      }
      rows.push([`\`${endpoint}\``, ...cells])
    }
    const head =
      'Written by `npx vitest run test/unit/api/authorise.test.ts -u`, from what the server answers each role.'
    await expect(`${head}\n\n${tableOf(rows)}\n`).toMatchFileSnapshot('../../../docs/access-table.md')
  }, 30_000)

  test('is closed to every role in a realm that its token does not name', async () => {
    const others = Object.fromEntries(roles.map((role) => [`agt_${role}`, of(role, ['prod'])]))
    const server = await openApi({ access: fakeAccess(others) })
    const base = await server.listen({ host: '127.0.0.1', port: 0 })
    const inRealm = Object.entries(routeRights).filter(([, { realm }]) => realm !== 'none')
    expect(inRealm.length).toBeGreaterThan(20)
    for (const [endpoint] of inRealm) {
      const [method, path] = urlOf(endpoint)
      for (const role of roles) {
        const isIn = await isLetIn(`${base}${path}?realm=other`, method, `agt_${role}`)
        expect([endpoint, role, isIn]).toEqual([endpoint, role, false])
      }
    }
    await server.close()
  }, 30_000)
})

const tableOf = ([head = [], ...rows]: readonly (readonly string[])[]): string => {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)))
  const lineOf = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  return [lineOf(head), lineOf(widths.map((width) => '-'.repeat(width))), ...rows.map(lineOf)].join('\n')
}

const byPath = (left: string, right: string): number =>
  urlOf(left)[1].localeCompare(urlOf(right)[1]) || left.localeCompare(right)

test('what cannot be recorded is not read', async () => {
  let asked = 0
  const readModel = createFakeReadModel(sampleData(0))
  const server = await openApi({
    access: fakeAccess(principals),
    recordRead: async () => Promise.reject(new AgenttrailError('AGT_LOG_FAILED', 'The log cannot be written.')),
    readModel: {
      ...readModel,
      sessions: async (...request) => {
        asked += 1
        return readModel.sessions(...request)
      },
    },
  })
  const headers = { authorization: 'Bearer agt_viewer' }
  expect((await server.inject({ url: '/api/v1/sessions', headers })).statusCode).toBe(503)
  expect((await server.inject({ url: '/api/v1/status', headers })).statusCode).toBe(200)
  expect(asked).toBe(0)
  await server.close()
})

describe('a caller that asks very often', () => {
  const statuses = async (
    server: FastifyInstance,
    request: { url: string; method?: 'POST'; payload?: object },
    token: string,
  ) => {
    const seen: number[] = []
    for (let time = 0; time < 5; time += 1) {
      const headers = { authorization: `Bearer ${token}` }
      seen.push((await server.inject({ ...request, headers })).statusCode)
    }
    return seen
  }

  test('is told to wait, others are not, and intake and gateways never', async () => {
    const server = await openApi({ access: fakeAccess(principals), requestsPerMinuteMax: 3 })
    expect(await statuses(server, { url: '/api/v1/calls' }, 'agt_viewer')).toEqual([200, 200, 200, 429, 429])
    expect(await statuses(server, { url: '/api/v1/calls' }, 'agt_analyst')).toEqual([200, 200, 200, 429, 429])
    expect(await statuses(server, { url: '/decide', method: 'POST' }, 'agt_ingest')).toEqual([200, 200, 200, 200, 200])
    expect(await statuses(server, { url: '/v1/records', method: 'POST' }, 'agt_ingest')).toEqual(Array(5).fill(200))
    const refused = await server.inject({ url: '/api/v1/calls', headers: { authorization: 'Bearer agt_viewer' } })
    expect(refused.json().code).toBe('AGT_RATE_LIMITED')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(5)
    await server.close()
  })

  test('cannot try out tokens', async () => {
    const seen: number[] = []
    for (let time = 0; time < 21; time += 1) {
      const payload = { token: `agt_${time}` }
      seen.push((await api.inject({ url: '/api/v1/login', method: 'POST', payload })).statusCode)
    }
    expect(seen.slice(0, 20)).toEqual(Array(20).fill(401))
    expect(seen[20]).toBe(429)
  })

  test('sends no large body to the API', async () => {
    const payload = { reason: 'x'.repeat(2 << 20) }
    const headers = { authorization: 'Bearer agt_responder' }
    const answer = await api.inject({ url: '/api/v1/response/pause', method: 'POST', payload, headers })
    expect(answer.statusCode).toBe(413)
  })
})
