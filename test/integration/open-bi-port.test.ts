import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Access, openAccess, type Principal, type Role } from '../../src/api/access.ts'
import type { BiPort } from '../../src/engine/bi-port.ts'
import { MemoryLog } from '../../src/log/memory-log.ts'
import { openBiPort } from '../../src/run/open-bi-port.ts'
import { makeSession } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

/*
 * Goal: the ClickHouse port lets in whom the rest of the server lets in, for what they may, and says who asked what.
 * Method: the port as the server opens it, over the real engine and a log in memory, for callers of several roles.
 */
const principals: Readonly<Record<string, Principal>> = {
  'token-analyst': { name: 'mira', roles: ['analyst'], realms: ['prod'] },
  'token-viewer': { name: 'vera', roles: ['viewer'], realms: 'all' },
  'token-everywhere': { name: 'grafana', roles: ['analyst', 'payload-reader'] satisfies Role[], realms: 'all' },
}
const tokens: Access = {
  mode: 'tokens',
  identify: async ({ authorization }) => principals[String(authorization).replace('Bearer ', '')] ?? null,
}

let store: TestStore
let log: MemoryLog
const ports: BiPort[] = []

const open = async (access: Access): Promise<BiPort> => {
  const port = await openBiPort({
    config: { clickhouseAddress: { host: '127.0.0.1', port: 0 } },
    access,
    store: { address: { socketPath: store.engine.socketPath } },
    entries: log,
    onFailure: () => undefined,
  })
  if (port === null) throw new Error('the port was not opened')
  ports.push(port)
  return port
}

const ask = async (port: BiPort, sql: string, token: string) => {
  const response = await fetch(port.url, { method: 'POST', body: sql, headers: { 'x-clickhouse-key': token } })
  return { status: response.status, text: await response.text() }
}

beforeAll(async () => {
  store = await openTestStore()
  log = new MemoryLog({ bytesMax: 1 << 24 })
  await store.store((sink) => {
    sink.session(makeSession({ id: 's1', realm: 'prod' }), 1)
    sink.session(makeSession({ id: 's2', realm: 'lab' }), 1)
  })
})

afterAll(async () => {
  for (const port of ports) await port.stop()
  await store?.close()
})

test('a token asks as it may elsewhere, in its realms, and is recorded', async () => {
  const port = await open(tokens)
  expect(await ask(port, 'SELECT id FROM agent_sessions', 'token-analyst')).toEqual({ status: 200, text: 's1\n' })
  expect((await ask(port, 'SELECT count() FROM agent_sessions', 'token-everywhere')).text).toBe('2\n')
  expect((await ask(port, 'SELECT count() FROM payloads', 'token-everywhere')).text).toBe('0\n')
  const refused = await ask(port, 'SELECT 1', 'token-viewer')
  expect(refused.status).toBe(403)
  expect(refused.text).toContain('give it the role analyst')
  expect((await ask(port, 'SELECT 1', 'token-unknown')).status).toBe(401)

  const text = JSON.stringify((await log.read(1, 1 << 20)).map(({ entry }) => entry))
  expect(text).toContain('mira')
  expect(text).toContain('SELECT+id+FROM+agent_sessions')
  expect(text).not.toContain('vera')
})

test('without authentication a web page does not come in by a name of its own', async () => {
  const port = await open(openAccess)
  expect((await ask(port, 'SELECT count() FROM agent_sessions', '')).text).toBe('2\n')
  const status = await new Promise<number | undefined>((resolve, reject) => {
    request(`${port.url}/?query=SELECT+1`, { headers: { host: 'evil.example' } }, (answer) =>
      resolve(answer.resume().statusCode),
    )
      .on('error', reject)
      .end()
  })
  expect(status).toBe(403)
})

test('there is none where nobody asks for it, or in front of a server', async () => {
  const common = { access: tokens, entries: log, onFailure: () => undefined }
  const address = { host: '127.0.0.1', port: 0 }
  const store = { address: { url: 'http://ch:8123' } }
  expect(await openBiPort({ ...common, config: { clickhouseAddress: 'off' }, store })).toBeNull()
  expect(await openBiPort({ ...common, config: { clickhouseAddress: address }, store })).toBeNull()
})

test('a port in use is told with the setting that names it', async () => {
  const used = Number(new URL((await open(tokens)).url).port)
  const again = openBiPort({
    config: { clickhouseAddress: { host: '127.0.0.1', port: used } },
    access: tokens,
    store: { address: { socketPath: store.engine.socketPath } },
    entries: log,
    onFailure: () => undefined,
  })
  await expect(again).rejects.toThrow('AGENTTRAIL_CLICKHOUSE_ADDRESS')
})
