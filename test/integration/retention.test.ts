import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Retention, sweepOld } from '../../src/store/retention.ts'
import { makeCall, makeDeadLetter, makeLayer, makePayload, makeSession, makeStoredEvent } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

const dayMs = 86_400_000
const may4 = Date.UTC(2026, 4, 4, 10)
const keepAll: Retention = { eventsMs: 4000 * dayMs, payloadsMs: 4000 * dayMs, diskMax: { share: 1 } }

let store: TestStore

beforeEach(async () => {
  store = await openTestStore()
})

afterEach(async () => store.close())

/** A session of one call of one event with its payload. */
const write = (name: string, atMs: number, part: { readonly aliases?: readonly string[] } = {}): Promise<void> =>
  store.store((sink) => {
    sink.event(makeStoredEvent({ eventId: `e-${name}`, timeUs: atMs * 1000 }, { tickMs: atMs }))
    sink.payload(makePayload({ eventId: `e-${name}`, raw: name.repeat(50) }))
    const layers = [makeLayer({ eventId: `e-${name}` })]
    sink.call(makeCall({ id: `c-${name}`, sessionId: `s-${name}`, layers, firstWrittenMs: atMs }), 1)
    sink.session(makeSession({ id: `s-${name}`, firstWrittenMs: atMs, aliases: [...(part.aliases ?? [])] }), 1)
    sink.deadLetter(makeDeadLetter({ recordId: `d-${name}`, receivedMs: atMs }))
  })

const idsOf = async (table: string, id: string): Promise<string[]> => {
  const rows = await store.client.query<{ readonly id: string }>(`SELECT ${id} AS id FROM ${table} ORDER BY id`)
  return rows.map((row) => row.id)
}

let holds = 0
const hold = (sessionId: string, isHeld: boolean): Promise<void> =>
  store.store((sink) => {
    holds += 1
    sink.command({
      id: `h-${holds}`,
      realm: 'default',
      timeMs: may4,
      by: 'ada',
      type: isHeld ? 'legalHold' : 'legalRelease',
      target: `session:${sessionId}`,
      detail: { reason: 'case 7' },
      logPosition: holds,
      tickMs: may4,
    })
  })

test('payloads go by days and everything else by months, when all of a partition is old enough', async () => {
  await write('may4', may4)
  await write('may5', may4 + dayMs)
  await write('june', may4 + 40 * dayMs)
  const retention: Retention = { ...keepAll, payloadsMs: 30 * dayMs, eventsMs: 60 * dayMs }

  // 30 days after the end of 4 May, and a millisecond before that of 5 May.
  const first = await sweepOld(store.client, retention, Date.UTC(2026, 4, 6) + 30 * dayMs - 1)
  expect(first.removals).toMatchObject([{ table: 'payloads', partition: '20260504', reason: 'age', rowsHeld: 0 }])
  expect(await idsOf('payloads', 'event_id')).toEqual(['e-june', 'e-may5'])
  expect(await idsOf('events', 'event_id')).toEqual(['e-june', 'e-may4', 'e-may5'])

  const second = await sweepOld(store.client, retention, Date.UTC(2026, 5, 1) + 60 * dayMs)
  expect(second.removals.map(({ table }) => table)).toEqual([
    'payloads',
    'payloads',
    'events',
    'dead_letters',
    'calls',
    'sessions',
  ])
  expect(await idsOf('events', 'event_id')).toEqual(['e-june'])
  expect(await idsOf('agent_calls', 'id')).toEqual(['c-june'])
  expect(await idsOf('agent_sessions', 'id')).toEqual(['s-june'])
  expect(await idsOf('dead_letters', 'record_id')).toEqual(['d-june'])
})

test('what belongs to a session under legal hold stays until the hold is lifted, under any of its ids', async () => {
  await write('held', may4)
  await write('other', may4)
  await write('merged', may4, { aliases: ['s-before'] })
  await hold('s-held', true)
  await hold('s-before', true)
  const retention: Retention = { ...keepAll, payloadsMs: dayMs, eventsMs: dayMs }
  const later = Date.UTC(2026, 8, 1)

  const first = await sweepOld(store.client, retention, later)
  expect(first.removals.find(({ table }) => table === 'payloads')).toMatchObject({ rowsHeld: 2 })
  for (const [table, id, prefix] of [
    ['payloads', 'event_id', 'e'],
    ['events', 'event_id', 'e'],
    ['agent_calls', 'id', 'c'],
    ['agent_sessions', 'id', 's'],
  ] as const) {
    expect(await idsOf(table, id), table).toEqual([`${prefix}-held`, `${prefix}-merged`])
  }
  expect((await sweepOld(store.client, retention, later)).removals, 'nothing is left to remove').toEqual([])

  await hold('s-held', false)
  await hold('s-before', false)
  await sweepOld(store.client, retention, later)
  expect(await idsOf('events', 'event_id')).toEqual([])
})

test('above the budget the oldest payloads go, never the newest day, and what is left over is said', async () => {
  await write('may4', may4)
  await write('may5', may4 + dayMs)
  await write('may6', may4 + 2 * dayMs)
  const sizes = await store.client.query<{ readonly partition: string; readonly bytes: number }>(
    `SELECT partition, sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND table = 'payloads'
     GROUP BY partition ORDER BY partition`,
  )
  const everything = await sweepOld(store.client, keepAll, may4)
  expect(everything.isOverBudget).toBe(false)
  const [total] = await store.client.query<{ readonly bytes: number }>(
    'SELECT sum(bytes_on_disk) AS bytes FROM system.parts WHERE active AND database = currentDatabase()',
  )
  const oneDayLess = (total?.bytes ?? 0) - (sizes[0]?.bytes ?? 0)

  const some = await sweepOld(store.client, { ...keepAll, diskMax: { bytes: oneDayLess } }, may4)
  expect(some.removals).toMatchObject([{ table: 'payloads', partition: '20260504', reason: 'disk' }])
  expect(some.isOverBudget).toBe(false)
  expect(await idsOf('payloads', 'event_id')).toEqual(['e-may5', 'e-may6'])

  const rest = await sweepOld(store.client, { ...keepAll, diskMax: { bytes: 1 } }, may4)
  expect(rest.removals.map(({ partition }) => partition)).toEqual(['20260505'])
  expect(rest.isOverBudget).toBe(true)
  expect(await idsOf('payloads', 'event_id')).toEqual(['e-may6'])
  expect(await idsOf('events', 'event_id')).toHaveLength(3)
})
