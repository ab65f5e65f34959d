import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../bench/free-port.ts'
import { startPageReceiver } from '../../scripts/page-receiver.ts'
import { loadConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/run/serve.ts'

/*
Goal: what the runbooks say is what happens: caps stop a rule that goes wild, a pause stops everything, a wrong revocation is
undone, and a page waits for a receiver that is away. What it took is printed, for the runbooks.
Method: the whole server with a rule that fires on one call, and a page target where nobody listens at first.
*/
const holdsMax = 3
let dir: string
let server: RunningServer
let receiverPort: number

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-drills-'))
  receiverPort = await freePort()
  const secretFile = join(dir, 'secret')
  await writeFile(secretFile, randomBytes(24).toString('base64'))
  const pages = [{ type: 'webhook', url: `http://127.0.0.1:${receiverPort}`, secretFile }]
  const file = join(dir, 'agenttrail.yaml')
  await writeFile(file, JSON.stringify({ pages, response: 'enforce', revocationsPerMinuteMax: holdsMax }))
  const env = {
    AGENTTRAIL_DATA_DIR: join(dir, 'data'),
    AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_OTLP_ADDRESS: 'off',
    AGENTTRAIL_DECISION_ADDRESS: 'off',
    AGENTTRAIL_LOG_LEVEL: 'fatal',
    AGENTTRAIL_RULES_DIR: 'scripts/crash-rules',
  }
  server = await startServer(loadConfig({ env, file }))
}, 60_000)

afterAll(async () => {
  await server?.stop()
  await rm(dir, { recursive: true, force: true })
}, 60_000)

interface Action {
  readonly id: string
  readonly kind: string
  readonly state: string
  readonly target: string
  readonly transitions: readonly { readonly state: string; readonly time: string; readonly detail: string }[]
  readonly msTo: Readonly<Record<string, number | null>>
}

const post = (path: string, body: object) =>
  fetch(server.url + path, {
    method: 'POST',
    headers: { 'content-type': path.startsWith('/v1/') ? 'application/x-ndjson' : 'application/json' },
    body: JSON.stringify(body),
  })

const misbehave = async (...agents: readonly string[]): Promise<void> => {
  for (const agent of agents) {
    const response = await post('/v1/records?format=agenttrail', {
      time: new Date().toISOString(),
      product: 'gateway-1',
      decision: 'allow',
      principal: { userId: 'mira', agentId: agent },
      session: { mcpSessionId: `mcp of ${agent}` },
      request: { method: 'tools/call', tool: 'forbidden', jsonrpcId: 1, server: 'github' },
    })
    expect(response.status).toBe(200)
  }
}

const decide = async (agent: string): Promise<number> => {
  const response = await fetch(`${server.url}/decide`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'mcp-session-id': `mcp of ${agent}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 9, method: 'tools/call', params: { name: 'search' } }),
  })
  await response.arrayBuffer()
  return response.status
}

const actions = async (kind: string): Promise<readonly Action[]> => {
  const response = await fetch(`${server.url}/api/v1/actions?limit=1000`)
  const { items } = (await response.json()) as { readonly items: readonly Action[] }
  return items.filter((action) => action.kind === kind)
}

const sessionOf = async (agent: string): Promise<string> => {
  const response = await fetch(`${server.url}/api/v1/sessions?agent=${agent}`)
  const { items } = (await response.json()) as { readonly items: readonly { readonly id: string }[] }
  return items[0]?.id ?? ''
}

const poll = (read: () => unknown) => expect.poll(read, { timeout: 30_000, interval: 20 })
const print = (what: string, value: unknown): void => console.log(`${what}: ${JSON.stringify(value)}`)

test('caps stop a rule that goes wild, and nobody is denied beyond them', async () => {
  const agents = Array.from({ length: 12 }, (_, at) => `wild-${at}`)
  await misbehave(...agents)
  await poll(async () => (await actions('hold')).length).toBe(agents.length)
  await poll(async () => (await actions('hold')).filter(({ state }) => state === 'enforced').length).toBe(holdsMax)
  const refused = (await actions('hold')).filter(({ state }) => state === 'refused')
  expect(refused).toHaveLength(agents.length - holdsMax)
  for (const { transitions } of refused) {
    expect(transitions.at(-1)?.detail).toMatch(
      /the cap of 3 revocations a minute is reached|active sessions are revoked/,
    )
  }
  const answers = await Promise.all(agents.map(decide))
  expect(answers.filter((status) => status === 403)).toHaveLength(holdsMax)
  const held = (await actions('hold')).find(({ state }) => state === 'enforced')
  print('milliseconds to each state of a hold', held?.msTo)
}, 90_000)

test('a wrong revocation is undone, and rules leave the agent alone for a while', async () => {
  const id = await sessionOf('wild-0')
  await poll(() => decide('wild-0')).toBe(403)
  const began = performance.now()
  expect((await post(`/api/v1/sessions/${id}/restore`, { reason: 'false alarm' })).status).toBe(202)
  await poll(() => decide('wild-0')).toBe(200)
  print('milliseconds from restore to allowed', Math.round(performance.now() - began))
  expect((await post('/api/v1/actions', { type: 'restore', target: `session:${id}` })).status).toBe(404)
}, 60_000)

test('a pause lets nothing more leave, what is in force stays, and resume lets it again', async () => {
  const began = performance.now()
  expect((await post('/api/v1/response/pause', { reason: 'wrong rule' })).status).toBe(202)
  print('milliseconds to pause', Math.round(performance.now() - began))
  await misbehave('paused-1')
  const of = async (kind: string, agent: string) => {
    const id = await sessionOf(agent)
    return (await actions(kind)).find(({ target }) => target === `session:${id}`)
  }
  await poll(async () => (await of('hold', 'paused-1'))?.state).toBe('refused')
  expect((await of('hold', 'paused-1'))?.transitions.at(-1)?.detail).toMatch(/^the response is paused by/)
  expect((await of('page', 'paused-1'))?.state).toBe('refused')
  expect(await decide('paused-1')).toBe(200)
  expect(await decide('wild-1')).toBe(403)
  expect((await post('/api/v1/response/resume', {})).status).toBe(202)
  const byHand = await post('/api/v1/actions', { type: 'revoke', target: 'agent:paused-1', reason: 'it is real' })
  expect(byHand.status).toBe(202)
  // An operator's revocation is held back by no cap.
  await poll(async () => (await actions('revoke')).find(({ target }) => target === 'agent:paused-1')?.state).toBe(
    'enforced',
  )
}, 60_000)

test('a page waits for a receiver that is away, and is told once it is back', async () => {
  const open = async () => (await actions('page')).filter(({ state }) => state === 'requested')
  expect((await open()).length).toBeGreaterThan(0)
  const text = await (await fetch(`${server.url}/metrics`)).text()
  expect(text).toMatch(/agenttrail_lever_broken\{lever="webhook"\} 1/)
  const receiver = await startPageReceiver(receiverPort)
  const began = performance.now()
  await poll(open).toEqual([])
  print('milliseconds from the receiver being back to all pages accepted', Math.round(performance.now() - began))
  const accepted = (await actions('page')).filter(({ state }) => state === 'accepted')
  expect(accepted.length).toBeGreaterThan(0)
  receiver.close()
}, 90_000)
