import { appendFile, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCli } from '../../src/cli/run-cli.ts'
import { loadConfig } from '../../src/config.ts'
import { type RunningServer, startServer } from '../../src/run/serve.ts'
import { fakeIo } from '../fakes/cli-io.ts'

/*
Goal: a restore drill. What a stopped server had is there again after its directory is gone, and it goes on from there.
Method: the whole server; its data directory is moved away and restored to another path, once also from an altered backup.
*/
let dir: string
let server: RunningServer | null = null

const envFor = (name: string) => ({
  AGENTTRAIL_DATA_DIR: join(dir, name),
  AGENTTRAIL_HTTP_ADDRESS: '127.0.0.1:0',
  AGENTTRAIL_OTLP_ADDRESS: 'off',
  AGENTTRAIL_DECISION_ADDRESS: 'off',
  AGENTTRAIL_LOG_LEVEL: 'fatal',
})
const start = async (name: string): Promise<RunningServer> => {
  server = await startServer(loadConfig({ env: envFor(name), file: undefined }))
  return server
}
const stop = async (): Promise<void> => {
  await server?.stop()
  server = null
}
const backup = async (name: string, ...args: readonly string[]) => {
  const io = fakeIo({ env: envFor(name), now: new Date() })
  return { code: await runCli(['backup', join(dir, 'backup'), ...args], io), out: io.out(), err: io.err() }
}

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'agenttrail-backup-'))
})
afterAll(async () => {
  await stop()
  await rm(dir, { recursive: true, force: true })
}, 60_000)

const send = async (from: number, to: number): Promise<void> => {
  const lines = Array.from({ length: to - from }, (_, at) =>
    JSON.stringify({
      time: new Date(Date.now() - 60_000 + (from + at) * 100).toISOString(),
      product: 'gateway-1',
      decision: 'deny',
      principal: { userId: 'mira', agentId: 'agent-1' },
      session: { mcpSessionId: 'session-1' },
      request: { method: 'tools/call', tool: `tool-${from + at}`, jsonrpcId: from + at, server: 'github' },
    }),
  )
  const headers = { 'content-type': 'application/x-ndjson' }
  const url = `${server?.url}/v1/records?format=agenttrail`
  expect((await fetch(url, { method: 'POST', headers, body: lines.join('\n') })).status).toBe(200)
}

const counts = async (): Promise<Record<string, number>> => {
  const of = async (list: string): Promise<number> => {
    const response = await fetch(`${server?.url}/api/v1/${list}?limit=1000`)
    return ((await response.json()) as { items: readonly object[] }).items.length
  }
  return {
    calls: await of('calls'),
    sessions: await of('sessions'),
    findings: await of('findings'),
    events: await of('events'),
  }
}

test('a backup of a stopped server is the whole of it, anywhere', async () => {
  await start('data')
  await send(0, 12)
  await expect.poll(async () => (await counts())['findings'], { timeout: 30_000, interval: 300 }).toBeGreaterThan(0)
  expect(await backup('data')).toMatchObject({ code: 2, err: expect.stringContaining('AGT_DATA_DIR_LOCKED') })
  await stop()
  await start('data')
  const before = await counts()
  expect(before).toMatchObject({ calls: 12, events: 12, sessions: 1 })
  await stop()

  expect(await backup('data')).toMatchObject({ code: 0, out: expect.stringMatching(/Backed up to .*: \d+ files/) })
  expect((await stat(join(dir, 'backup'))).mode & 0o777).toBe(0o700)
  expect(await backup('data')).toMatchObject({ code: 2, err: expect.stringContaining('is not empty') })
  expect(await backup('data', '--check')).toMatchObject({ code: 0 })
  expect(await backup('data', '--restore')).toMatchObject({ code: 2, err: expect.stringContaining('move it away') })

  await rename(join(dir, 'data'), join(dir, 'lost'))
  expect(await backup('restored', '--restore')).toMatchObject({ code: 0 })
  await start('restored')
  expect(await counts()).toEqual(before)
  // It goes on: what comes now is stored, and what was sent before the backup is known.
  await send(0, 12)
  await send(12, 15)
  await expect
    .poll(async () => (await counts())['calls'], { timeout: 30_000, interval: 300 })
    .toBeGreaterThanOrEqual(15)
  await stop()
}, 180_000)

test('an altered backup is not put back', async () => {
  const keys = join(dir, 'backup', 'data', 'keys')
  const [key = ''] = await readdir(keys)
  await appendFile(join(keys, key), ' ')
  const problem = expect.stringMatching(new RegExp(`keys/${key} .* was altered`))
  expect(await backup('other', '--check')).toMatchObject({ code: 2, err: problem })
  expect(await backup('other', '--restore')).toMatchObject({ code: 2, err: problem })
  expect(await readdir(dir)).not.toContain('other')
})
