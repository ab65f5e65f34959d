import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCli } from '../../src/cli/run-cli.ts'
import { loadConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/run/serve.ts'
import { fakeIo } from '../fakes/cli-io.ts'

/*
Goal: with tokens, a whole server is closed to whoever has none, and nobody sees the rows of a realm that is not theirs,
whatever they ask and whichever way: endpoint, command, live page.
Method: the server with its engine on every interface, two realms whose rows hold words of their own, tokens made by the
command beside it. Every reading endpoint is asked by a token of the one realm, also for ids of the other.
*/
let dir: string
let server: RunningServer
let env: Record<string, string>
const tokens: Record<string, string> = {}

const makeToken = async (name: string, role: string, realm: string): Promise<void> => {
  const io = fakeIo({ env, now: new Date() })
  expect(await runCli(['tokens', 'create', name, '--role', role, '--realm', realm], io)).toBe(0)
  tokens[name] = io.out().trim()
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-access-'))
  env = {
    AGENTTRAIL_DATA_DIR: join(dir, 'data'),
    AGENTTRAIL_AUTH: 'tokens',
    AGENTTRAIL_HTTP_ADDRESS: '0.0.0.0:0',
    AGENTTRAIL_OTLP_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_DECISION_ADDRESS: 'off',
    AGENTTRAIL_LOG_LEVEL: 'fatal',
  }
  server = await startServer(loadConfig({ env, file: undefined }))
  await makeToken('shipper', 'ingest', '*')
  await makeToken('north', 'viewer,analyst,payload-reader,auditor', 'north')
  await makeToken('south', 'viewer,analyst,payload-reader,auditor', 'south')
  await makeToken('all', 'viewer', '*')
  for (const realm of ['north', 'south']) await sendTo(realm)
}, 60_000)

afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}, 60_000)

const urlOf = (path: string): string => new URL(path, server.url.replace('0.0.0.0', '127.0.0.1')).href

const get = (path: string, token: string) =>
  fetch(urlOf(path), { headers: { authorization: `Bearer ${tokens[token] ?? token}` } })

/** Denied calls enough for a finding, and a line that no format can read. */
const sendTo = async (realm: string): Promise<void> => {
  const lines = Array.from({ length: 12 }, (_, id) =>
    JSON.stringify({
      time: new Date(Date.now() - 60_000 + id * 100).toISOString(),
      product: `gateway-${realm}`,
      decision: 'deny',
      principal: { userId: `user-${realm}`, agentId: `agent-${realm}` },
      session: { mcpSessionId: `session-${realm}` },
      request: { method: 'tools/call', tool: `tool-${realm}-${id}`, jsonrpcId: id, server: `server-${realm}` },
    }),
  )
  const response = await fetch(urlOf(`/v1/records?format=agenttrail&realm=${realm}&source=source-${realm}`), {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${tokens['shipper']}` },
    body: `${lines.join('\n')}\nunreadable-${realm}\n`,
  })
  expect(response.status).toBe(200)
}

interface Item {
  readonly id: string
}

const itemsOf = async (path: string, token: string): Promise<readonly Item[]> =>
  ((await (await get(path, token)).json()) as { items: readonly Item[] }).items

const firstIdOf = async (list: string, token: string): Promise<string> => {
  await expect.poll(() => itemsOf(list, token), { timeout: 20_000, interval: 200 }).not.toEqual([])
  const [first] = await itemsOf(list, token)
  const id = first?.id ?? (first as { eventId?: string } | undefined)?.eventId
  return id ?? ''
}

describe('a server with tokens', () => {
  test('refuses records, spans and questions of who has none', async () => {
    const body = '{"decision":"allow"}'
    const headers = { 'content-type': 'application/json' }
    expect((await fetch(urlOf('/v1/records'), { method: 'POST', headers, body })).status).toBe(401)
    expect((await fetch(urlOf('/decide'), { method: 'POST', headers, body })).status).toBe(401)
    const otlp = (token: string) =>
      fetch(`${server.otlpUrl}/v1/traces?realm=north`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${tokens[token] ?? ''}` },
        body: '{"resourceSpans":[]}',
      }).then(({ status }) => status)
    expect([await otlp(''), await otlp('all'), await otlp('shipper')]).toEqual([401, 403, 200])
  })

  test('answers each realm with its own rows only, also for the ids of another', async () => {
    const lists = ['sessions', 'calls', 'events', 'findings', 'dead-letters']
    const ids: Record<string, string> = {}
    for (const list of lists) ids[list] = await firstIdOf(`/api/v1/${list}`, 'south')
    const paths = [
      ...lists.map((list) => `/api/v1/${list}`),
      '/api/v1/actions',
      '/api/v1/audit',
      ...['agents', 'users', 'tools', 'servers'].map((list) => `/api/v1/${list}`),
      '/api/v1/search?q=kind:call%20OR%20kind:session%20OR%20kind:finding',
      ...['sessions', 'calls', 'events', 'findings'].map((list) => `/api/v1/${list}/${ids[list]}`),
      `/api/v1/sessions/${ids['sessions']}/timeline`,
      `/api/v1/events/${ids['events']}/payload`,
      `/api/v1/calls?session=${ids['sessions']}`,
      `/api/v1/findings?session=${ids['sessions']}`,
      `/api/v1/events?call=${ids['calls']}`,
      '/api/v1/status',
      '/api/v1/response',
    ]
    for (const path of paths) {
      const answer = await (await get(path, 'north')).text()
      expect([path, answer.includes('south')]).toEqual([path, false])
      const other = await get(`${path}${path.includes('?') ? '&' : '?'}realm=south`, 'north')
      if (path !== '/api/v1/status') expect([path, other.status]).toEqual([path, 403])
    }
    const payload = `/api/v1/events/${ids['events']}/payload`
    expect(await (await get(payload, 'south')).text()).toContain('tool-south')
    expect((await get(payload, 'all')).status).toBe(403)
    // What was looked for is there: the other realm's own token finds it.
    expect(await (await get(`/api/v1/sessions/${ids['sessions']}`, 'south')).text()).toContain('agent-south')
  }, 60_000)

  test.each([['sessions'], ['calls'], ['findings'], ['dead-letters']])('so does the command %s', async (command) => {
    const of = async (token: string, ...args: readonly string[]) => {
      const io = fakeIo({ env: { AGENTTRAIL_URL: urlOf('/'), AGENTTRAIL_TOKEN: tokens[token] ?? '' }, now: new Date() })
      return { code: await runCli([command, '--json', ...args], io), out: io.out(), err: io.err() }
    }
    expect((await of('north')).out).toContain('north')
    expect((await of('north')).out).not.toContain('south')
    expect(await of('north', '--realm', 'south')).toMatchObject({
      code: 2,
      err: expect.stringContaining('AGT_FORBIDDEN'),
    })
    expect(await of('')).toMatchObject({ code: 2, err: expect.stringContaining('AGENTTRAIL_TOKEN') })
  })

  test('SQL sees the rows of its realm only, and may do nothing but look', async () => {
    const ask = async (sql: string, token: string, query = '') => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokens[token] ?? ''}` }
      const init = { method: 'POST', headers, body: JSON.stringify({ sql }) }
      const response = await fetch(urlOf(`/api/v1/query${query}`), init)
      return { status: response.status, text: await response.text() }
    }
    const agents = await ask('SELECT DISTINCT agent_id FROM agent_calls', 'north')
    expect([agents.status, JSON.parse(agents.text).rows]).toEqual([200, [['agent-north']]])
    expect((await ask('SELECT DISTINCT realm FROM calls', 'north')).text).not.toContain('south')
    expect((await ask('SELECT 1', 'north', '?realm=south')).status).toBe(403)
    expect((await ask('SELECT 1', 'all')).status).toBe(403)
    for (const sql of [
      'DROP TABLE calls',
      "SELECT * FROM file('/etc/passwd')",
      'SELECT 1; SELECT 2',
      'SELECT 1 FORMAT CSV',
    ]) {
      expect([sql, (await ask(sql, 'north')).status]).toEqual([sql, 400])
    }
  }, 60_000)

  test('every read of rows is in the record of its realm, by whom and how', async () => {
    await get('/api/v1/calls?agent=agent-north&limit=7', 'north')
    type Command = { by: string; type: string; detail: { endpoint: string; query: string } }
    const recorded = async () => (await itemsOf('/api/v1/audit?type=read', 'north')) as unknown as Command[]
    const mine = (items: readonly Command[]) =>
      items.filter(({ detail }) => detail.query === 'agent=agent-north&limit=7').map(({ by }) => by)
    await expect.poll(async () => mine(await recorded()), { timeout: 30_000, interval: 500 }).toEqual(['token:north'])
    const items = await recorded()
    expect(new Set(items.map(({ by }) => by))).toEqual(new Set(['token:north']))
    expect(items.map(({ detail }) => detail.endpoint)).toContain('GET /api/v1/audit')
    expect(items.map(({ detail }) => detail.endpoint)).not.toContain('GET /api/v1/status')
  }, 60_000)

  test('a revoked token ends within a second or two', async () => {
    expect((await get('/api/v1/me', 'all')).status).toBe(200)
    expect(await runCli(['tokens', 'revoke', 'all'], fakeIo({ env, now: new Date() }))).toBe(0)
    await expect.poll(async () => (await get('/api/v1/me', 'all')).status, { timeout: 5_000 }).toBe(401)
  })
})
