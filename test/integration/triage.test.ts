import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/run/serve.ts'

// Goal: a judgement of a finding is answered at once, kept in the store, and survives a restart.

let dir: string
let server: RunningServer

const start = async (): Promise<void> => {
  const env = {
    AGENTTRAIL_DATA_DIR: join(dir, 'data'),
    AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
    AGENTTRAIL_OTLP_ADDRESS: 'off',
    AGENTTRAIL_DECISION_ADDRESS: 'off',
    AGENTTRAIL_LOG_LEVEL: 'fatal',
  }
  server = await startServer(loadConfig({ env, file: undefined }))
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-triage-'))
  await start()
  const lines = Array.from({ length: 12 }, (_, id) =>
    JSON.stringify({
      time: new Date(Date.now() - 60_000 + id * 100).toISOString(),
      product: 'gateway-1',
      decision: 'deny',
      principal: { userId: 'mira', agentId: 'agent-1' },
      session: { mcpSessionId: 'session-1' },
      request: { method: 'tools/call', tool: `tool-${id}`, jsonrpcId: id, server: 'github' },
    }),
  )
  const headers = { 'content-type': 'application/x-ndjson' }
  await fetch(`${server.url}/v1/records?format=agenttrail`, { method: 'POST', headers, body: lines.join('\n') })
}, 60_000)

afterAll(async () => {
  await server.stop()
  await rm(dir, { recursive: true, force: true })
}, 60_000)

interface Judged {
  readonly id: string
  readonly status: string
  readonly note: string
}

const list = async (query: string): Promise<readonly Judged[]> =>
  ((await (await fetch(`${server.url}/api/v1/findings?${query}`)).json()) as { items: readonly Judged[] }).items

test('a finding that was judged is so from then on', async () => {
  await expect.poll(() => list('rule=deny-burst'), { timeout: 20_000, interval: 200 }).not.toEqual([])
  const id = (await list('rule=deny-burst'))[0]?.id ?? ''
  const response = await fetch(`${server.url}/api/v1/findings/${id}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ status: 'falsePositive', note: 'a migration' }),
  })
  expect(await response.json()).toMatchObject({ id, status: 'falsePositive', note: 'a migration' })
  await expect
    .poll(() => list('status=falsePositive'), { timeout: 10_000 })
    .toMatchObject([{ id, note: 'a migration' }])
  expect((await list('status=open')).map((finding) => finding.id)).not.toContain(id)
  await server.stop()
  await start()
  expect(await list('status=falsePositive')).toMatchObject([{ id, note: 'a migration' }])
  const audit = (await (await fetch(`${server.url}/api/v1/audit?type=triage`)).json()) as { items: readonly object[] }
  expect(audit.items).toMatchObject([
    { by: 'operator', target: `finding:${id}`, detail: { status: 'falsePositive', note: 'a migration' } },
  ])
}, 60_000)

test('a session under legal hold is recorded as such until it is released', async () => {
  const sessions = async () =>
    (await (await fetch(`${server.url}/api/v1/sessions`)).json()) as { items: { id: string }[] }
  const id = (await sessions()).items[0]?.id ?? ''
  const hold = async (isHeld: boolean): Promise<number> => {
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ isHeld, reason: 'case 7' })
    return (await fetch(`${server.url}/api/v1/sessions/${id}/legal-hold`, { method: 'POST', headers, body })).status
  }
  const recorded = async (): Promise<readonly string[]> => {
    const response = await fetch(`${server.url}/api/v1/audit?target=session:${id}`)
    const { items } = (await response.json()) as { items: readonly { readonly type: string }[] }
    return items.map(({ type }) => type)
  }
  expect(await hold(true)).toBe(200)
  await expect.poll(recorded, { timeout: 20_000, interval: 200 }).toEqual(['legalHold'])
  expect(await hold(false)).toBe(200)
  await expect.poll(recorded, { timeout: 20_000, interval: 200 }).toEqual(['legalRelease', 'legalHold'])
})
