import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SessionRow } from '../../src/correlate/rows.ts'
import { committedDashboards, sqlOf } from '../fakes/dashboard-json.ts'
import { type DashboardState, expandQuery } from '../fakes/grafana-query.ts'
import { replayStory } from '../fakes/replay-story.ts'
import { makeAction, makeCall, makeDeadLetter, makeFinding } from '../fakes/rows.ts'
import { shippedRules } from '../fakes/rules.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'
import { MemorySink, MemoryStore } from '../simulation/memory-store.ts'

/*
 * Goal: no panel, variable or annotation shows an error or stays empty over ordinary data.
 * Method: the demo's story and what follows from it (a revocation that was verified, a judged finding, a shadow rule, a
 * record that could not be read) are stored in the real engine; every query runs there as Grafana's plugin sends it.
 */
const startMs = Date.parse('2026-11-24T07:00:00Z')
const timeUs = (startMs + 60_000) * 1000
const boards = committedDashboards()
let store: TestStore
let hijacked: SessionRow

const state = (variables: DashboardState['variables'] = {}): DashboardState => ({
  fromMs: startMs - 3_600_000,
  toMs: startMs + 3_600_000,
  intervalSeconds: 30,
  variables: { realm: 'default', agent: '$__all', server: '$__all', session: hijacked.id, ...variables },
})

const rowsOf = (sql: string, at: DashboardState): Promise<Record<string, unknown>[]> =>
  store.client.query<Record<string, unknown>>(expandQuery(sql, at))

beforeAll(async () => {
  store = await openTestStore()
  const memory = new MemorySink()
  replayStory({ startMs, rules: shippedRules(), sink: memory })
  const sessions = new MemoryStore()
  for (const segment of memory.seal(1)) sessions.insert(segment)
  const found = sessions.current<SessionRow>('sessions').find((session) => session.findings.length > 0)
  if (found === undefined) throw new Error('the story has no session with a finding')
  hijacked = found
  await store.store((sink) => {
    replayStory({ startMs, rules: shippedRules(), sink })
    const transitions = (...states: readonly ('proposed' | 'requested' | 'verified')[]) =>
      states.map((state, index) => ({ state, timeMs: startMs + 60_000 + index * 900, detail: '' }))
    const about = { firstWrittenMs: startMs + 60_000, target: `session:${hijacked.id}` }
    const verified = transitions('proposed', 'requested', 'verified')
    sink.action(makeAction({ ...about, id: 'a-verified', kind: 'revoke', state: 'verified', transitions: verified }), 1)
    sink.action(makeAction({ ...about, id: 'a-open', kind: 'revoke', state: 'unconfirmed' }), 1)
    sink.finding(makeFinding({ id: 'f-wrong', timeUs, status: 'falsePositive' }), 1)
    sink.finding(makeFinding({ id: 'f-shadow', timeUs, isShadow: true, ruleId: 'new-rule' }), 1)
    sink.deadLetter(makeDeadLetter({ recordId: 'd1', receivedMs: startMs + 1000 }))
    sink.call(makeCall({ id: 'c-failed', timeUs, outcome: 'tool_error', disagreements: ['bypassed_proxy'] }), 1)
  })
})

afterAll(() => store?.close())

describe.each(Object.keys(boards))('%s', (name) => {
  const queries = boards[name] === undefined ? [] : sqlOf(boards[name])

  test.each(queries)('$where has rows', async ({ sql }) => {
    const rows = await rowsOf(sql, state())
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.some((row) => Object.values(row).some((value) => value !== null && value !== ''))).toBe(true)
  })

  test.each(queries)('$where asks for one realm', async ({ sql, where }) => {
    if (where === 'variable realm') return
    const rows = await rowsOf(sql, state({ realm: 'elsewhere' }))
    const numbers = rows.flatMap((row) => Object.values(row)).filter((value) => value !== null)
    // Totals of nothing are one row of zeros.
    expect(numbers.filter((value) => value !== 0)).toEqual([])
  })

  test.each(queries)('$where reads values of variables as values', async ({ sql }) => {
    const attack = "x') OR 1=1 -- "
    const rows = await rowsOf(sql, state({ agent: [attack, "it's"], server: [attack], session: attack }))
    expect(Array.isArray(rows)).toBe(true)
    const chosen = ['${agent', '${server', '${session'].some((variable) => sql.includes(variable))
    if (!chosen) return
    const numbers = rows.flatMap((row) => Object.values(row)).filter((value) => value !== null)
    expect(numbers.filter((value) => value !== 0)).toEqual([])
  })
})

test('the numbers are those of the story', async () => {
  const value = async (name: string, panel: string): Promise<unknown> => {
    const found = boards[name]?.panels.find(({ title }) => title === panel)?.targets?.[0]?.rawSql ?? ''
    return Object.values((await rowsOf(found, state()))[0] ?? {})[0]
  }
  const [counted] = await store.client.query<{ calls: number; denied: number; agents: number }>(
    `SELECT count() AS calls, countIf(decision = 'deny') / count() AS denied,
     uniqExactIf(agent_id, agent_id != '') AS agents FROM agent_calls WHERE realm = 'default'`,
  )
  expect(await value('fleet', 'Calls')).toBe(counted?.calls)
  expect(await value('fleet', 'Denied')).toBeCloseTo(counted?.denied ?? -1)
  expect(await value('fleet', 'Agents')).toBe(4)
  expect(await value('session', 'Calls')).toBe(hijacked.calls)
  expect(await value('findings', 'Time to verified, p95')).toBe(1.8)
  expect(await value('findings', 'Unconfirmed or failed')).toBe(1)
})
