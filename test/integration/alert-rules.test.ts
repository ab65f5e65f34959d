import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertProvisioning, alertRules } from '../../dashboards/alert-rules.ts'
import { expandQuery } from '../fakes/grafana-query.ts'
import { baseMs, baseUs, makeCall, makeFinding } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

/*
 * Goal: each of Grafana's alert rules fires for what it is about, names it in its labels, and is quiet otherwise.
 * Method: a week of calls in the real engine in two realms; in `wild` everything happens that rules are about, in `calm`
 * the nearest thing that must not fire.
 */
let store: TestStore
const minuteUs = 60_000_000
const hourUs = 60 * minuteUs
const nowUs = baseUs

beforeAll(async () => {
  store = await openTestStore()
  await store.store((sink) => {
    let ids = 0
    const calls = (count: number, part: Partial<Parameters<typeof makeCall>[0]>): void => {
      for (let n = 0; n < count; n += 1) {
        ids += 1
        sink.call(makeCall({ timeUs: nowUs - minuteUs, ...part, id: `c${ids}` }), 1)
      }
    }
    for (const hours of [30, 50, 70]) {
      calls(4, { realm: 'wild', tool: 'search', timeUs: nowUs - hours * hourUs })
      calls(20, { realm: 'calm', tool: 'search', timeUs: nowUs - hours * hourUs })
    }
    calls(60, { realm: 'wild', tool: 'search' })
    calls(60, { realm: 'calm', tool: 'search' })
    calls(12, { realm: 'wild', tool: 'delete_repository', decision: 'deny', outcome: 'denied' })
    calls(9, { realm: 'calm', tool: 'search', decision: 'deny', outcome: 'denied' })
    calls(1, { realm: 'wild', tool: 'brand_new' })
    calls(8, { realm: 'wild', tool: 'flaky', outcome: 'tool_error' })
    calls(16, { realm: 'wild', tool: 'flaky' })
    calls(19, { realm: 'calm', tool: 'search', outcome: 'timeout', timeUs: nowUs - 10 * hourUs })
    calls(2, { realm: 'wild', tool: 'search', disagreements: ['bypassed_proxy'] })
    calls(2, { realm: 'calm', tool: 'search', disagreements: ['span_without_log'] })
    // A realm of an hour has no tool that is new.
    calls(3, { realm: 'young', tool: 'first' })
    sink.finding(makeFinding({ id: 'f1', realm: 'wild', timeUs: nowUs - hourUs }), 1)
    sink.finding(makeFinding({ id: 'f2', realm: 'calm', timeUs: nowUs - hourUs, status: 'acknowledged' }), 1)
    sink.finding(makeFinding({ id: 'f3', realm: 'calm', timeUs: nowUs - hourUs, severity: 'medium' }), 1)
    sink.finding(makeFinding({ id: 'f4', realm: 'calm', timeUs: nowUs - hourUs, isShadow: true }), 1)
  })
})

afterAll(() => store?.close())

const fired = async (uid: string): Promise<Record<string, unknown>[]> => {
  const rule = alertRules.find((each) => each.uid === uid)
  if (rule === undefined) throw new Error(`there is no rule ${uid}`)
  const range = { fromMs: baseMs - rule.rangeSeconds * 1000, toMs: baseMs + 1000 }
  const rows = await store.client.query<Record<string, unknown>>(
    expandQuery(rule.sql, { ...range, intervalSeconds: 60, variables: {} }),
  )
  for (const row of rows) {
    // Grafana takes a table for alerts where all but one of the columns are text.
    expect(Object.values(row).filter((value) => typeof value === 'number')).toHaveLength(1)
    expect(Object.values(row).filter((value) => typeof value === 'string')).toHaveLength(Object.keys(row).length - 1)
  }
  return rows.filter((row) => Object.values(row).some((value) => typeof value === 'number' && value > rule.above))
}

test.each([
  ['agenttrail-tool-refused', { realm: 'wild', agent: 'client:c1/u1', tool: 'delete_repository', denies: 12 }],
  ['agenttrail-tool-surge', { realm: 'wild', agent: 'client:c1/u1', tool: 'search', times: 15.5 }],
  ['agenttrail-tool-errors', { realm: 'wild', server: 'github', tool: 'flaky', errors: 8 / 24 }],
  ['agenttrail-layers-disagree', { realm: 'wild', server: 'github', disagreement: 'bypassed_proxy', found: 2 }],
  ['agenttrail-finding-waits', { realm: 'wild', rule: 'Many denied calls', severity: 'high', open: 1 }],
])('%s fires for what it is about, and for nothing else', async (uid, row) => {
  expect(await fired(uid)).toEqual([row])
})

test('tools that are new are told, but not of a realm that is new itself', async () => {
  const found = await fired('agenttrail-tool-new')
  expect(found.map(({ realm, tool }) => `${realm} ${tool}`).sort()).toEqual([
    'wild brand_new',
    'wild delete_repository',
    'wild flaky',
  ])
})

describe('what Grafana is given', () => {
  const text = readFileSync('deploy/grafana/provisioning/alerting/agenttrail.json', 'utf8')

  test('is what the source makes', () => {
    expect(JSON.parse(text), 'run `npm run dashboards`').toEqual(alertProvisioning())
  })

  test('has each dollar twice, for one means a variable of the environment', () => {
    expect(text.replaceAll('$$', '')).not.toContain('$')
  })

  test('uses only labels that its query gives', () => {
    for (const rule of alertRules) {
      const used = [...`${rule.summary}${rule.description}${rule.link}`.matchAll(/\$labels\.(\w+)/g)].map(
        ([, label]) => label ?? '',
      )
      const words = new Set(rule.sql.match(/\w+/g))
      expect(used.filter((label) => !words.has(label))).toEqual([])
    }
  })
})
