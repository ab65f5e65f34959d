import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/run/serve.ts'

/*
Goal: an operator's revocation cuts off one session, is verified by the next denied call, survives a restart, and ends.
Method: the whole server with the embedded engine; a gateway asks it over HTTP and its agents' calls are sent as records.
*/
let dir: string
let server: RunningServer

const start = async (): Promise<void> => {
  const env = {
    AGENTTRAIL_DATA_DIR: join(dir, 'data'),
    AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_OTLP_ADDRESS: 'off',
    AGENTTRAIL_DECISION_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_RESPONSE: 'enforce',
    AGENTTRAIL_LOG_LEVEL: 'fatal',
  }
  server = await startServer(loadConfig({ env, file: undefined }))
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-revocation-'))
  await start()
}, 60_000)

afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}, 60_000)

const send = async (sessionId: string, id: number): Promise<void> => {
  const event = {
    time: new Date().toISOString(),
    product: 'gateway-1',
    decision: 'allow',
    principal: { userId: 'mira', agentId: `agent of ${sessionId}` },
    session: { mcpSessionId: sessionId },
    request: { method: 'tools/call', tool: 'search', jsonrpcId: id, server: 'github' },
  }
  const response = await fetch(`${server.url}/v1/records?format=agenttrail`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body: JSON.stringify(event),
  })
  expect(response.status).toBe(200)
}

const ask = async (sessionId: string): Promise<number> => {
  const response = await fetch(`${server.url}/decide`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'mcp-session-id': sessionId },
    body: JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'search' } }),
  })
  await response.arrayBuffer()
  return response.status
}

/** As much of any answer as is looked at here. */
interface Answer {
  readonly id: string
  readonly state: string
  readonly status: string
  readonly revocations: number
  readonly items: readonly { readonly id: string; readonly decision: string }[]
  readonly transitions: readonly { readonly state: string; readonly detail: string }[]
}

const get = async (path: string) => (await (await fetch(server.url + path)).json()) as Answer

const command = async (sessionId: string, verb: string, body: object = {}) => {
  const response = await fetch(`${server.url}/api/v1/sessions/${sessionId}/${verb}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Answer }
}

const sessionOf = (agent: string) =>
  expect.poll(async () => (await get(`/api/v1/sessions?agent=${encodeURIComponent(agent)}`)).items[0]?.id, {
    timeout: 30_000,
  })

test('a revoked session is denied at once, verified, and free again after it was restored', async () => {
  await send('mcp-1', 1)
  await send('mcp-2', 1)
  await sessionOf('agent of mcp-1').toMatch(/^s-/)
  const id = (await get(`/api/v1/sessions?agent=${encodeURIComponent('agent of mcp-1')}`)).items[0]?.id ?? ''
  expect([await ask('mcp-1'), await ask('mcp-2')]).toEqual([200, 200])

  const revoked = await command(id, 'revoke', { reason: 'hijacked' })
  expect(revoked).toMatchObject({ status: 202, body: { kind: 'revoke', lever: 'decision-service', by: 'operator' } })
  await expect.poll(() => ask('mcp-1')).toBe(403)
  expect(await ask('mcp-2')).toBe(200)

  const action = () => get(`/api/v1/actions/${revoked.body.id}`)
  await expect.poll(async () => (await action()).state, { timeout: 30_000 }).toBe('verified')
  const { transitions } = await action()
  expect(transitions.map(({ state }) => state)).toEqual(['proposed', 'requested', 'enforced', 'verified'])
  expect(transitions[3]?.detail).toContain('denied by agenttrail, tied to it by this action, confidence 1')
  await expect.poll(async () => (await get(`/api/v1/sessions/${id}`)).status, { timeout: 30_000 }).toBe('revoked')
  // What the decision service denied is a call of the session, with its own layer.
  const timeline = await get(`/api/v1/sessions/${id}/timeline`)
  const denied = timeline.items.filter((call) => call.decision === 'deny')
  expect(denied[0]).toMatchObject({ layers: [{ product: 'agenttrail', layer: 'gateway', policyId: revoked.body.id }] })

  await server.stop()
  await start()
  await expect.poll(() => ask('mcp-1'), { timeout: 30_000 }).toBe(403)
  expect((await get('/api/v1/response')).revocations).toBe(1)

  expect(await command(id, 'restore', { reason: 'false alarm' })).toMatchObject({
    status: 202,
    body: { state: 'undone' },
  })
  await expect.poll(() => ask('mcp-1')).toBe(200)
  expect((await command(id, 'restore')).status).toBe(404)
  expect((await command('s-unknown', 'revoke')).status).toBe(404)
}, 120_000)
