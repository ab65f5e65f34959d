import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InventoryKind } from '../../src/api/inventory-shape.ts'
import { createReadModel } from '../../src/store/readers/read-model.ts'
import { baseMs, baseUs, makeCall, makeFinding } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

// Goal: who and what there is, once each, with what is usual for it, from the rows as they are now.

let store: TestStore
let model: ReturnType<typeof createReadModel>
const now = () => new Date(baseMs + 86_400_000)
const hourUs = 3_600_000_000

beforeAll(async () => {
  store = await openTestStore()
  model = createReadModel({ client: store.client, now, sessionIdleMs: 1_800_000 })
  await store.store((sink) => {
    const taken = makeCall({ id: 'c-gone', agentId: 'a1', agentName: 'gone', tool: 'gone' })
    sink.call(taken, 1)
    sink.call(taken, -1)
    const a1 = { agentId: 'a1', agentName: 'one', userId: 'u1', userEmail: 'mira@acme.test', server: 'github' }
    sink.call(makeCall({ id: 'c1', ...a1, tool: 'search', durationUs: 10_000, sessionId: 's1' }), 1)
    sink.call(
      makeCall({ id: 'c2', ...a1, tool: 'search', timeUs: baseUs + hourUs, durationUs: 30_000, sessionId: 's2' }),
      1,
    )
    sink.call(makeCall({ id: 'c3', ...a1, tool: 'delete', decision: 'deny', outcome: 'denied', sessionId: 's2' }), 1)
    const a2 = { agentId: 'a2', agentName: 'two', userId: 'u2', userEmail: '', server: 'slack', tool: 'post' }
    sink.call(makeCall({ id: 'c4', ...a2, timeUs: baseUs + 2 * hourUs, outcome: 'tool_error' }), 1)
    sink.call(makeCall({ id: 'c5', ...a2, timeUs: baseUs + 2 * hourUs, realm: 'south' }), 1)
    sink.finding(makeFinding({ id: 'f1', agentId: 'a1', userEmail: 'mira@acme.test', userId: 'u1' }), 1)
    sink.finding(makeFinding({ id: 'f2', agentId: 'a1', userEmail: '', userId: '', status: 'falsePositive' }), 1)
  })
}, 60_000)

afterAll(() => store.close(), 60_000)

const list = async (kind: InventoryKind, part: { agent?: string } = {}) =>
  (await model.inventory('default', kind, { from: '', to: '', ...part }, { limit: 10, cursor: null })).items

test('an agent with its owner, its habits and its findings', async () => {
  const [two, one] = await list('agent')
  expect(two).toMatchObject({ id: 'a2', calls: 1, denies: 0, failures: 1, findings: 0, owner: 'u2' })
  expect(one).toMatchObject({
    id: 'a1',
    name: 'one',
    firstSeen: '2026-05-04T10:00:00.000000Z',
    lastSeen: '2026-05-04T11:00:00.000000Z',
    calls: 3,
    denies: 1,
    sessions: 2,
    owner: 'mira@acme.test',
    tools: ['search', 'delete'],
    servers: ['github'],
    findings: 1,
    usual: { callsPerDay: 3 },
  })
  expect(one?.usual.hours.slice(9, 13)).toEqual([0, 2, 1, 0])
  expect(one?.usual.durationP50Ms).toBeGreaterThanOrEqual(10)
})

test('users, tools and servers likewise, each once', async () => {
  expect((await list('user')).map(({ id, findings }) => [id, findings])).toEqual([
    ['u2', 0],
    ['mira@acme.test', 1],
  ])
  expect((await list('tool')).map(({ id, calls, findings }) => [id, calls, findings])).toEqual([
    ['slack/post', 1, null],
    ['github/search', 2, null],
    ['github/delete', 1, null],
  ])
  expect((await list('server', { agent: 'one' })).map(({ id }) => id)).toEqual(['github'])
})

test('pages go on where the one before ended', async () => {
  const first = await model.inventory('default', 'tool', { from: '', to: '' }, { limit: 2, cursor: null })
  const second = await model.inventory('default', 'tool', { from: '', to: '' }, { limit: 2, cursor: first.nextCursor })
  expect([first.items.length, second.items.map(({ id }) => id), second.nextCursor]).toEqual([
    2,
    ['github/delete'],
    null,
  ])
})
