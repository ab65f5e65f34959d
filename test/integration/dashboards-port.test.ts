import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertRules } from '../../dashboards/alert-rules.ts'
import { type BiPort, startBiPort } from '../../src/engine/bi-port.ts'
import { committedDashboards, sqlOf } from '../fakes/dashboard-json.ts'
import { expandQuery } from '../fakes/grafana-query.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

/*
 * Goal: with the embedded engine, Grafana reads everything that its dashboards and alert rules ask for through the ClickHouse port.
 * Method: every query as Grafana's plugin sends it goes through the port, as a reader of one realm without payloads.
 */
let store: TestStore
let port: BiPort
const state = {
  fromMs: Date.parse('2026-11-24T06:00:00Z'),
  toMs: Date.parse('2026-11-24T08:00:00Z'),
  intervalSeconds: 30,
  variables: { realm: 'default', agent: ['agent:a', "it's"], server: '$__all', session: 's1' },
}
const queries = [
  ...Object.entries(committedDashboards()).flatMap(([name, board]) =>
    sqlOf(board).map(({ where, sql }) => ({ where: `${name}: ${where}`, sql })),
  ),
  ...alertRules.map(({ uid, sql }) => ({ where: uid, sql })),
]

beforeAll(async () => {
  store = await openTestStore()
  port = await startBiPort({
    address: { host: '127.0.0.1', port: 0 },
    socketPath: store.engine.socketPath,
    identify: async () => ({ name: 'grafana', scope: { realms: ['default'], hasPayloads: false } }),
    record: async () => undefined,
  })
})

afterAll(async () => {
  await port?.stop()
  await store?.close()
})

describe('Grafana is answered by the port', () => {
  test.each(queries)('$where', async ({ sql }) => {
    const answer = await fetch(port.url, { method: 'POST', body: expandQuery(sql, state) })
    expect(answer.status, await answer.text()).toBe(200)
  })
})
