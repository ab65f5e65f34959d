import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { callSchema, eventSchema, findingSchema, sessionSchema } from '../../src/api/response-schemas.ts'
import { readFindingRow } from '../../src/store/readers/finding-row.ts'
import { createReadModel } from '../../src/store/readers/read-model.ts'
import {
  baseMs,
  baseUs,
  makeAction,
  makeCall,
  makeDeadLetter,
  makeFinding,
  makeLayer,
  makeSession,
  makeStoredEvent,
} from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

const minuteUs = 60_000_000
const hourUs = 60 * minuteUs
const first = { limit: 100, cursor: null }
const always = { from: '', to: '' }
/** 40 minutes after the base: a session that ended 39 minutes ago is idle, one that ended 20 minutes ago is not. */
const now = () => new Date(baseMs + 40 * 60_000)

let store: TestStore
let model: ReturnType<typeof createReadModel>

/*
 * Goal: every read answers in the promised shape, with filters, pages, aliases and rows that were taken back.
 * Method: rows go the way they go in the server, sink → writer → engine, and the read model is asked.
 */
beforeAll(async () => {
  store = await openTestStore()
  model = createReadModel({ client: store.client, now, sessionIdleMs: 30 * 60_000 })
  await store.store((sink) => {
    const early = makeCall({ id: 'c-early', timeUs: baseUs - 45 * 24 * hourUs, sessionId: 's-old', tool: 'old_tool' })
    sink.call(early, 1)
    sink.call(makeCall({ id: 'c1', aliases: ['c1-before'], sessionId: 's1-before' }), 1)
    sink.call(makeCall({ id: 'c2', timeUs: baseUs + minuteUs }), 1)
    sink.call(
      makeCall({ id: 'c3', timeUs: baseUs + minuteUs, agentName: 'other', agentId: 'agent:o', sessionId: 's2' }),
      1,
    )
    sink.call(makeCall({ id: 'c-other-realm', realm: 'elsewhere' }), 1)
    sink.session(makeSession({ id: 's-old', startUs: baseUs - 45 * 24 * hourUs, endUs: baseUs - 44 * 24 * hourUs }), 1)
    sink.session(makeSession({ id: 's1', aliases: ['s1-before'], explicitId: 'conv-1', findings: ['f1'] }), 1)
    sink.session(
      makeSession({
        id: 's2',
        startUs: baseUs + 5 * minuteUs,
        endUs: baseUs + 20 * minuteUs,
        agentId: 'agent:o',
        agentName: 'other',
        tools: ['delete_repository'],
        risk: 40,
      }),
      1,
    )
    sink.finding(
      makeFinding({ id: 'f1', calls: ['c1-before', 'c2'], sessionIds: ['s1-before'], timeUs: baseUs + minuteUs }),
      1,
    )
    sink.finding(makeFinding({ id: 'f-withdrawn', state: 'withdrawn', calls: ['c2'], severity: 'low' }), 1)
    sink.action(makeAction({ id: 'a1', target: 'session:s1-before' }), 1)
    sink.action(
      makeAction({ id: 'a2', kind: 'page', target: 'pager', firstWrittenMs: baseMs + 1, expiresAtMs: baseMs }),
      1,
    )
    sink.event(makeStoredEvent({ eventId: 'e1', attributes: { 'a.b': '1' }, httpStatus: 200 }))
    sink.event(makeStoredEvent({ eventId: 'e2', timeUs: baseUs + 1, kind: 'auth' }))
    sink.deadLetter(makeDeadLetter({ recordId: 'd1' }))
  })
  // The call changes: its row is taken back and written anew.
  await store.store((sink) => {
    const denied = makeCall({
      id: 'c2',
      timeUs: baseUs + minuteUs,
      decision: 'deny',
      layers: [makeLayer({ eventId: 'e1' }), makeLayer({ layer: 'gateway', decision: 'deny', eventId: 'e2' })],
      version: 2,
    })
    sink.call(makeCall({ id: 'c2', timeUs: baseUs + minuteUs }), -1)
    sink.call(denied, 1)
  })
  // A call that is merged away leaves nothing.
  await store.store((sink) => sink.call(makeCall({ id: 'c-gone' }), 1))
  await store.store((sink) => sink.call(makeCall({ id: 'c-gone' }), -1))
})

afterAll(async () => store.close())

const ids = (page: { readonly items: readonly { readonly id: string }[] }): string[] => page.items.map(({ id }) => id)

describe('calls', () => {
  test('come newest first, in the version that holds, within the last 30 days', async () => {
    const page = await model.calls('default', always, first)
    expect(ids(page)).toEqual(['c3', 'c2', 'c1'])
    expect(page.nextCursor).toBeNull()
    for (const call of page.items) callSchema.parse(call)
    expect(page.items[1]).toMatchObject({ decision: 'deny', time: '2026-05-04T10:01:00.000000Z', durationMs: 1 })
    expect(page.items[1]?.layers.map(({ layer }) => layer)).toEqual(['proxy', 'gateway'])
  })

  test('name the findings they prove, also under an earlier id, and not withdrawn ones', async () => {
    const page = await model.calls('default', always, first)
    expect(page.items.map(({ findings }) => findings)).toEqual([[], ['f1'], ['f1']])
  })

  test.each([
    [{ tool: 'old_tool', from: '2026-01-01T00:00:00Z' }, ['c-early']],
    [{ agent: 'other' }, ['c3']],
    [{ agent: 'agent:o' }, ['c3']],
    [{ decision: 'deny' }, ['c2']],
    [{ user: 'alice@acme.test', server: 'github', decision: 'allow' }, ['c3', 'c1']],
    [{ session: 's1' }, ['c2', 'c1']],
    [{ session: 's1-before' }, ['c2', 'c1']],
    [{ to: '2026-05-04T12:01:00+02:00' }, ['c1']],
    [{ from: '2026-05-04T10:00:00.000001Z' }, ['c3', 'c2']],
    [{ tool: "x' OR 1=1 --" }, []],
  ])('filter %j', async (filter, expected) => {
    expect(ids(await model.calls('default', { ...always, ...filter }, first))).toEqual(expected)
  })

  test('page by page, none twice and none missing, with equal times', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof model.calls>> = await model.calls(
        'default',
        { from: '2026-01-01T00:00:00Z', to: '' },
        { limit: 1, cursor },
      )
      seen.push(...ids(page))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(['c3', 'c2', 'c1', 'c-early'])
  })

  test('by id or alias, in its own realm only', async () => {
    expect((await model.call('default', 'c1-before'))?.id).toBe('c1')
    expect(await model.call('default', 'c-other-realm')).toBeNull()
    expect(await model.call('default', 'c-gone')).toBeNull()
  })

  test('a cursor that no list gave is refused', async () => {
    await expect(model.calls('default', always, { limit: 1, cursor: 'bm9uc2Vuc2U' })).rejects.toMatchObject({
      code: 'AGT_REQUEST_INVALID',
    })
  })
})

describe('sessions', () => {
  test('come newest first; one without calls for half an hour has ended', async () => {
    const { items } = await model.sessions('default', always, first)
    expect(items.map(({ id, status }) => [id, status])).toEqual([
      ['s2', 'active'],
      ['s1', 'ended'],
    ])
    for (const session of items) sessionSchema.parse(session)
    expect(items[1]).toMatchObject({ explicitId: 'conv-1', confidence: 0.95, findings: ['f1'] })
  })

  test.each([
    [{ status: 'active' }, ['s2']],
    [{ status: 'ended' }, ['s1']],
    [{ minRisk: 40 }, ['s2']],
    [{ tool: 'delete_repository' }, ['s2']],
    [{ explicitId: 'conv-1' }, ['s1']],
    [{ decision: 'deny' }, ['s1']],
    [{ agent: 'claude-code', user: 'u1' }, ['s1']],
    // Begun before the range, but not over then.
    [{ from: '2026-05-04T10:15:00Z', to: '2026-05-04T10:16:00Z' }, ['s2']],
    [{ from: '2026-01-01T00:00:00Z', to: '2026-05-01T00:00:00Z' }, ['s-old']],
  ])('filter %j', async (filter, expected) => {
    expect(ids(await model.sessions('default', { ...always, ...filter }, first))).toEqual(expected)
  })

  test('by id or alias, and its timeline with calls under the earlier id, oldest first', async () => {
    expect((await model.session('default', 's1-before'))?.id).toBe('s1')
    expect(await model.session('default', 'nobody')).toBeNull()
    const timeline = await model.timeline('default', 's1', { limit: 1, cursor: null })
    expect(ids(timeline)).toEqual(['c1'])
    expect(ids(await model.timeline('default', 's1', { limit: 1, cursor: timeline.nextCursor }))).toEqual(['c2'])
    expect(await model.timeline('default', 'nobody', first)).toEqual({ items: [], nextCursor: null })
  })
})

describe('findings and actions', () => {
  test('a finding says whose session it is about', async () => {
    const { items } = await model.findings('default', always, first)
    expect(ids({ items })).toEqual(['f1', 'f-withdrawn'])
    for (const finding of items) findingSchema.parse(finding)
    expect(items[0]).toMatchObject({
      sessionId: 's1',
      session: { explicitId: 'conv-1', agent: 'claude-code', user: 'alice@acme.test' },
      explanation: { observed: { count: 12 } },
    })
    expect((await model.finding('default', 'f1'))?.ruleId).toBe('deny-burst')
  })

  test.each([
    [{ state: 'withdrawn' }, ['f-withdrawn']],
    [{ severity: 'high', rule: 'deny-burst', status: 'open' }, ['f1']],
    [{ incident: 'f1' }, ['f1']],
    [{ session: 's1' }, ['f1', 'f-withdrawn']],
    [{ session: 's2' }, []],
    [{ agent: 'claude-code' }, ['f1', 'f-withdrawn']],
    [{ agent: 'nobody' }, []],
    [{ shadow: true }, []],
  ])('filter %j', async (filter, expected) => {
    expect(ids(await model.findings('default', { ...always, ...filter }, first))).toEqual(expected)
  })

  test('actions are found by what they belong to', async () => {
    expect(ids(await model.actions('default', {}, first))).toEqual(['a2', 'a1'])
    expect(ids(await model.actions('default', { target: 'session:s1' }, first))).toEqual(['a1'])
    expect(ids(await model.actions('default', { target: 'pager', finding: 'f1', incident: 'f1' }, first))).toEqual([
      'a2',
    ])
    expect(await model.action('default', 'a3')).toBeNull()
    expect(await model.action('other', 'a2')).toBeNull()
    const { items } = await model.actions('default', { target: 'pager' }, first)
    expect(await model.action('default', 'a2')).toEqual(items[0])
    expect(items[0]).toMatchObject({
      expiresAt: '2026-05-04T10:00:00.000000Z',
      transitions: [{ state: 'proposed', time: '2026-05-04T10:00:00.000000Z', detail: '' }],
    })
  })
})

describe('events and dead letters', () => {
  test('an event has every column, in camelCase', async () => {
    const { items } = await model.events('default', always, first)
    expect(items.map(({ eventId }) => eventId)).toEqual(['e2', 'e1'])
    for (const event of items) eventSchema.parse(event)
    expect(items[1]).toMatchObject({
      time: '2026-05-04T10:00:00.000000Z',
      httpStatus: 200,
      endTime: null,
      logPosition: 7,
    })
    expect(items[1]?.['attributes']).toEqual({ 'a.b': '1' })
    expect((await model.event('default', 'e2'))?.['kind']).toBe('auth')
    expect(await model.event('elsewhere', 'e2')).toBeNull()
  })

  test('by kind, and by the call they became', async () => {
    const events = async (filter: object) =>
      (await model.events('default', { ...always, ...filter }, first)).items.map(({ eventId }) => eventId)
    expect(await events({ kind: 'auth' })).toEqual(['e2'])
    expect(await events({ call: 'c2' })).toEqual(['e2', 'e1'])
    expect(await events({ call: 'c1-before' })).toEqual(['e1'])
    expect(await events({ call: 'nothing' })).toEqual([])
  })

  test('dead letters say where and why', async () => {
    expect((await model.deadLetters('default', always, first)).items).toEqual([
      {
        recordId: 'd1',
        time: '2026-05-04T10:00:00.000000Z',
        source: 'file',
        format: 'pomerium',
        sourcePosition: 42,
        reason: 'not JSON',
        raw: '{',
        rawBytes: 1,
      },
    ])
  })
})

test('a finding comes back as the row it was, to be taken back', async () => {
  const before = makeFinding({ id: 'f-judged', note: 'n', version: 41 })
  await store.store((sink) => sink.finding(before, 1))
  const row = await readFindingRow(store.client, 'default', 'f-judged')
  expect(row).toEqual(before)
  await store.store((sink) => {
    sink.finding(row ?? before, -1)
    sink.finding({ ...before, status: 'truePositive', version: 42 }, 1)
  })
  expect(await model.finding('default', 'f-judged')).toMatchObject({ status: 'truePositive' })
  expect(await readFindingRow(store.client, 'other', 'f-judged')).toBeNull()
})
