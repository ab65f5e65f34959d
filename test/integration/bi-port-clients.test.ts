import { createClient } from '@clickhouse/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BiPort, startBiPort } from '../../src/engine/bi-port.ts'
import { clickhouseConnect, clickhouseGo, lacksPart, runDeployPart } from '../fakes/deploy-parts.ts'
import { baseUs, makeSession } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

/*
 * Goal: the clients that Grafana and BI tools are built on read sessions, with every type that the tables have.
 * Method: the clients themselves, against the port over the real engine.
 */
const script = new URL('../deploy-parts/read_sessions.py', import.meta.url).pathname
const sql = `SELECT id, realm, start_time, calls, tools, confidence_milli, is_done, nothing FROM (
  SELECT *, status = 'ended' AS is_done, NULL AS nothing FROM agent_sessions) ORDER BY id`

let store: TestStore
let port: BiPort
let number: string

beforeAll(async () => {
  store = await openTestStore()
  await store.store((sink) => {
    sink.session(makeSession({ id: 's1', realm: 'prod', tools: ['read_file', 'büro'], calls: 3 }), 1)
    sink.session(makeSession({ id: 's2', realm: 'prod', startUs: baseUs + 250_000 }), 1)
    sink.session(makeSession({ id: 's3', realm: 'lab' }), 1)
  })
  port = await startBiPort({
    address: { host: '127.0.0.1', port: 0 },
    socketPath: store.engine.socketPath,
    identify: async ({ password }) =>
      password === 'token-1' ? { name: 'grafana', scope: { realms: ['prod'], hasPayloads: false } } : null,
    record: async () => undefined,
  })
  number = new URL(port.url).port
})

afterAll(async () => {
  await port?.stop()
  await store?.close()
})

const rowsOf = (answer: string): readonly Record<string, unknown>[] =>
  answer.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>)

const expectSessions = (rows: readonly Record<string, unknown>[]): void => {
  expect(rows.map(({ id }) => id)).toEqual(['s1', 's2'])
  expect(rows[0]).toMatchObject({
    realm: 'prod',
    calls: 3,
    tools: ['read_file', 'büro'],
    confidence_milli: 950,
    nothing: null,
  })
  expect(String(rows[1]?.['start_time'])).toMatch(/^2026-05-04[T ]10:00:00\.25/)
}

describe.skipIf(lacksPart(clickhouseGo))('clickhouse-go over HTTP', () => {
  const ask = (compression: string, password: string, query = sql) =>
    runDeployPart(clickhouseGo, [`127.0.0.1:${number}`, 'grafana', password, compression, query])

  test.each(['none', 'gzip'])('reads sessions with compression %s', async (compression) => {
    const read = await ask(compression, 'token-1')
    expect(read, read.printed).toMatchObject({ isOk: true })
    expectSessions(rowsOf(read.answer))
  })

  test('shows why it is refused', async () => {
    expect((await ask('none', 'token-2')).printed).toContain('AUTHENTICATION_FAILED')
    expect((await ask('none', 'token-1', 'SELECT * FROM payloads')).printed).toContain('payloads is not readable here')
  })
})

describe.skipIf(lacksPart(clickhouseConnect))('clickhouse-connect', () => {
  const ask = (password: string, query = sql) =>
    runDeployPart(clickhouseConnect, [script, number, 'grafana', password, query])

  test('reads sessions', async () => {
    const read = await ask('token-1')
    expect(read, read.printed).toMatchObject({ isOk: true })
    expectSessions(rowsOf(read.answer))
  })

  test('shows why it is refused', async () => {
    expect((await ask('token-2')).printed).toContain('AUTHENTICATION_FAILED')
    expect((await ask('token-1', "SELECT file('/etc/hostname')")).printed).toContain('the function file is not allowed')
  })
})

describe('@clickhouse/client', () => {
  test.each([false, true])('reads sessions, compressed: %s', async (isCompressed) => {
    const client = createClient({
      url: port.url,
      username: 'grafana',
      password: 'token-1',
      compression: { response: isCompressed, request: false },
    })
    const answer = await client.query({ query: sql, format: 'JSONEachRow' })
    const rows = await answer.json<Record<string, unknown>>()
    await client.close()
    expectSessions(rows.map((row) => ({ ...row, calls: Number(row['calls']) })))
  })
})
