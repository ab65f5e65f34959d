import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/run/serve.ts'
import { Pomerium, type PomeriumAgent } from '../fakes/pomerium.ts'

/*
Goal: with Pomerium as its lever, a server knows an agent's client from the databroker alone, says who else a revocation hits,
and puts the agent out.
Method: the whole server with the embedded engine; the calls of the agent name its login and no client; Pomerium is a double.
*/
let dir: string
let server: RunningServer
let pomerium: Pomerium
let agent: PomeriumAgent
let beside: PomeriumAgent
let clock: NodeJS.Timeout

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-pomerium-'))
  pomerium = new Pomerium()
  pomerium.nowMs = Date.now() - 20_000
  agent = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
  beside = pomerium.connect({ userId: 'alice', clientId: 'claude-code' })
  pomerium.advance(20_000)
  clock = setInterval(() => pomerium.advance(Math.max(0, Date.now() - pomerium.nowMs)), 50)
  const port = await pomerium.broker.start()
  await writeFile(join(dir, 'secret'), pomerium.sharedSecret)
  const file = join(dir, 'agenttrail.yaml')
  const settings = {
    levers: [{ type: 'pomerium' }],
    pomerium: { databrokerUrl: `http://127.0.0.1:${port}`, sharedSecretFile: join(dir, 'secret') },
  }
  await writeFile(file, JSON.stringify(settings))
  const env = {
    AGENTTRAIL_DATA_DIR: join(dir, 'data'),
    AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_OTLP_ADDRESS: 'off',
    AGENTTRAIL_DECISION_ADDRESS: 'off',
    AGENTTRAIL_RESPONSE: 'enforce',
    AGENTTRAIL_LOG_LEVEL: 'fatal',
  }
  server = await startServer(loadConfig({ env, file }))
}, 60_000)

afterAll(async () => {
  clearInterval(clock)
  await server.stop()
  pomerium.broker.stop()
  await rm(dir, { recursive: true, force: true })
}, 60_000)

interface Answer {
  readonly id: string
  readonly state: string
  readonly items: readonly { readonly id: string }[]
  readonly transitions: readonly { readonly state: string; readonly detail: string }[]
}

const get = async (path: string) => (await (await fetch(server.url + path)).json()) as Answer

const post = async (path: string, contentType: string, body: object) => {
  const headers = { 'content-type': contentType }
  return (await (
    await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
  ).json()) as Answer
}

const call = (id: number) =>
  post('/v1/records?format=agenttrail', 'application/x-ndjson', {
    time: new Date().toISOString(),
    product: 'pomerium',
    layer: 'proxy',
    decision: 'allow',
    principal: { userId: 'alice' },
    session: { authSessionId: agent.sessionIds[0] },
    request: { method: 'tools/call', tool: 'search', jsonrpcId: id, server: 'github' },
  })

test('the agent is out, and who else loses a session was said before', async () => {
  await call(1)
  const sessions = () => get('/api/v1/sessions?user=alice')
  await expect.poll(async () => (await sessions()).items[0]?.id, { timeout: 30_000 }).toMatch(/^s-/)
  const id = (await sessions()).items[0]?.id ?? ''
  const revoke = (body: object) => post(`/api/v1/sessions/${id}/revoke`, 'application/json', body)
  const detailOf = async (action: Answer) => (await get(`/api/v1/actions/${action.id}`)).transitions.at(-1)?.detail

  const dry = await revoke({ reason: 'looking', dryRun: true })
  await expect.poll(() => detailOf(dry), { timeout: 30_000 }).toContain('all 2 sessions of the user in Pomerium')
  expect(await detailOf(dry)).toContain('client cursor must be let in again by the user')
  expect(await detailOf(dry)).toContain('client claude-code loses its session')
  expect(pomerium.call(agent)).toBe('allowed')

  const action = await revoke({ reason: 'hijacked' })
  await expect.poll(async () => (await get(`/api/v1/actions/${action.id}`)).state, { timeout: 30_000 }).toBe('enforced')
  expect(await detailOf(action)).toContain('(sessions ended: 2, refresh tokens: 1)')
  expect(pomerium.call(agent)).toBe('denied')
  expect(pomerium.refresh(agent)).toBe(false)
  expect(pomerium.refresh(beside)).toBe(true)
}, 120_000)
