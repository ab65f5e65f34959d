import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startEngine } from '../../src/engine/supervisor.ts'
import { createStoreClient } from '../../src/store/client.ts'
import { migrate } from '../../src/store/migrate.ts'
import type { SegmentSink } from '../../src/store/segments.ts'
import { createStoreWriter, loadStoredMarks } from '../../src/store/writer.ts'
import {
  baseMs,
  baseUs,
  makeAction,
  makeCall,
  makeDeadLetter,
  makeFinding,
  makePayload,
  makeSession,
  makeStoredEvent,
} from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

const tableNames = ['events', 'payloads', 'dead_letters', 'calls', 'sessions', 'findings', 'actions']
const text = 'Zoë 🦊 漢字 "q" \\ \n \u0000'
const nextMonthMs = baseMs + 31 * 86_400_000

let store: TestStore

beforeAll(async () => {
  store = await openTestStore()
})

afterAll(async () => store.close())

/** One row of every table, everything in it that could go wrong. */
const fillAll = (sink: SegmentSink): void => {
  const eventId = 'e'
  sink.event(
    makeStoredEvent({
      eventId,
      errorMessage: text,
      endTimeUs: baseUs + 5,
      requestBytes: 0,
      attributes: { [text]: text },
    }),
  )
  sink.payload(makePayload({ eventId, raw: text.repeat(5_000), arguments: '', result: text }))
  sink.deadLetter(makeDeadLetter({ recordId: 'd', raw: text.repeat(100), sourcePosition: 2 ** 53 - 1 }))
  sink.call(
    makeCall({ id: 'c', resource: text, durationUs: null, httpStatus: null, layers: [], timeUs: baseUs + 1 }),
    1,
  )
  sink.session(makeSession({ id: 's', tools: [], servers: [text, ''], calls: 2 ** 40, confidenceMilli: 1000 }), 1)
  sink.finding(makeFinding({ id: 'f', note: text, calls: [], sessionIds: [] }), 1)
  sink.action(makeAction({ id: 'a', expiresAtMs: null, transitions: [], reason: text }), 1)
}

const rowsOf = async (table: string, epoch: string): Promise<unknown[]> =>
  store.client.query(`SELECT * EXCEPT log_epoch FROM ${table} WHERE log_epoch = {epoch:String} LIMIT 100`, { epoch })

test('a segment sent by path and one sent as the body store the same rows', async () => {
  for (const segmentMode of ['path', 'body'] as const) {
    const sink = store.sink({ epoch: segmentMode })
    const writer = createStoreWriter({ client: store.client, segmentMode, stored: {} })
    fillAll(sink)
    writer.enqueue(3, sink.seal({ position: 3, firstPosition: 1 }))
    await writer.drain()
    await writer.stop()
  }
  for (const table of tableNames) {
    const byPath = await rowsOf(table, 'path')
    expect(byPath, table).toHaveLength(1)
    expect(await rowsOf(table, 'body'), table).toEqual(byPath)
  }
  expect(await rowsOf('events', 'path')).toMatchObject([
    {
      event_id: 'e',
      error_message: text,
      end_time: '2026-05-04 10:00:00.000005',
      request_bytes: 0,
      response_bytes: null,
      log_mark: 3,
    },
  ])
  expect(await rowsOf('sessions', 'path')).toMatchObject([{ servers: [text, ''], tools: [], calls: 2 ** 40, sign: 1 }])
  expect(await rowsOf('dead_letters', 'path')).toMatchObject([{ source_position: 2 ** 53 - 1, raw: text.repeat(100) }])
})

test('the highest mark of each table is known at the next start', async () => {
  const sink = store.sink({ epoch: 'marks' })
  const writer = createStoreWriter({ client: store.client, segmentMode: 'path', stored: {} })
  for (const mark of [5, 9]) {
    sink.event(makeStoredEvent({ eventId: `e${mark}` }))
    if (mark === 5) sink.call(makeCall({ id: 'c' }), 1)
    writer.enqueue(mark, sink.seal({ position: mark, firstPosition: mark }))
  }
  await writer.drain()
  await writer.stop()
  expect(await loadStoredMarks(store.client, 'marks')).toMatchObject({ events: 9, calls: 5, sessions: 0 })
  expect(await loadStoredMarks(store.client, 'another log')).toMatchObject({ events: 0 })
})

/*
 * Goal: whatever an engine was doing when it died, every row is stored, and once.
 * Method: marks go in while the engine is killed again and again. Each spans two months, so that one insert makes two
 * parts; a retry finds none, one or both of them there.
 */
test('an engine that is killed in the middle of inserts loses nothing and doubles nothing', async () => {
  const epoch = 'killed'
  const sink = store.sink({ epoch })
  const writer = createStoreWriter({ client: store.client, segmentMode: 'path', stored: {} })
  const marks = 24
  const rowsPerMark = 500
  for (let mark = 1; mark <= marks; mark += 1) {
    for (let i = 0; i < rowsPerMark; i += 1) {
      const id = `${mark}-${i}`
      const tickMs = i % 2 === 0 ? baseMs : nextMonthMs
      sink.event(makeStoredEvent({ eventId: id, errorMessage: text }, { tickMs }))
      sink.call(makeCall({ id, firstWrittenMs: tickMs }), 1)
    }
    writer.enqueue(mark, sink.seal({ position: mark, firstPosition: mark }))
  }
  const killsMax = 3
  let kills = 0
  while (writer.storedThrough() < marks) {
    await sleep(120)
    const pid = store.engine.pid()
    if (kills === killsMax || pid === undefined || store.engine.state() !== 'up') continue
    process.kill(pid, 'SIGKILL')
    kills += 1
  }
  await writer.stop()
  expect(kills).toBeGreaterThan(0)
  for (const [table, id] of [
    ['events', 'event_id'],
    ['calls', 'id'],
  ]) {
    const [counts] = await store.client.query(
      `SELECT count() AS rows, uniqExact(${id}) AS ids, uniqExact(log_mark) AS marks FROM ${table} WHERE log_epoch = {epoch:String}`,
      { epoch },
    )
    expect(counts).toEqual({ rows: marks * rowsPerMark, ids: marks * rowsPerMark, marks })
  }
})

/*
 * Goal: after a kill, a mark that was stored is not stored again and one that was only noted is, down to the row.
 * Method: a mark is inserted; then its rows are merged with the rows that they take back, or deleted, which leaves the
 * token noted; then a writer that has its doubts gets the same mark.
 */
describe('a mark whose insert is in doubt', () => {
  const insert = async (fill: (sink: SegmentSink) => void, mark: number, epoch: string): Promise<void> => {
    const sink = store.sink({ epoch })
    fill(sink)
    const writer = createStoreWriter({ client: store.client, segmentMode: 'path', stored: {}, checkThrough: mark })
    writer.enqueue(mark, sink.seal({ position: mark, firstPosition: mark }))
    await writer.drain()
    await writer.stop()
  }
  const callsOf = (realm: string): Promise<unknown[]> =>
    store.client.query('SELECT id, sign, version FROM calls WHERE realm = {realm:String} ORDER BY id, version, sign', {
      realm,
    })
  const first = (realm: string) => (sink: SegmentSink) => {
    for (const id of ['a', 'b', 'c']) sink.call(makeCall({ id, realm, version: 1 }), 1)
  }
  const second = (realm: string) => (sink: SegmentSink) => {
    sink.call(makeCall({ id: 'a', realm, version: 1 }), -1)
    sink.call(makeCall({ id: 'a', realm, version: 2 }), 1)
    sink.call(makeCall({ id: 'b', realm, version: 1 }), -1)
  }
  const after = [
    { id: 'a', sign: 1, version: 2 },
    { id: 'c', sign: 1, version: 1 },
  ]

  test('and whose rows have cancelled out since is left alone', async () => {
    await insert(first('merged'), 1, 'merged')
    await insert(second('merged'), 2, 'merged')
    await store.client.command('OPTIMIZE TABLE calls FINAL')
    expect(await callsOf('merged')).toEqual(after)
    await insert(second('merged'), 2, 'merged')
    await store.client.command('OPTIMIZE TABLE calls FINAL')
    expect(await callsOf('merged')).toEqual(after)
  })

  test('and whose rows are missing gets them, those that take back as well', async () => {
    await insert(first('noted'), 1, 'noted')
    await insert(second('noted'), 2, 'noted')
    await store.client.command(
      "ALTER TABLE calls DELETE WHERE realm = 'noted' AND log_mark = 2 AND (id != 'b') SETTINGS mutations_sync = 1",
    )
    await insert(second('noted'), 2, 'noted')
    await store.client.command('OPTIMIZE TABLE calls FINAL')
    expect(await callsOf('noted')).toEqual(after)
  })

  test('and of which one month is missing gets that month', async () => {
    const fill = (sink: SegmentSink): void => {
      sink.event(makeStoredEvent({ eventId: 'may', realm: 'months' }))
      sink.event(makeStoredEvent({ eventId: 'june', realm: 'months' }, { tickMs: nextMonthMs }))
    }
    const ids = (): Promise<unknown[]> =>
      store.client.query("SELECT event_id FROM events WHERE realm = 'months' ORDER BY event_id LIMIT 10")
    await insert(fill, 1, 'months')
    await store.client.command(
      "ALTER TABLE events DELETE WHERE event_id = 'june' AND realm = 'months' SETTINGS mutations_sync = 1",
    )
    expect(await ids()).toEqual([{ event_id: 'may' }])
    await insert(fill, 1, 'months')
    expect(await ids()).toEqual([{ event_id: 'june' }, { event_id: 'may' }])
  })
})

test('files are gone once their rows are stored', () => {
  const left = readdirSync(join(store.dataDir, 'segments'), { recursive: true, encoding: 'utf8' })
  expect(left.filter((name) => name.includes('.rowbinary'))).toEqual([])
})

describe('errors of the store', () => {
  test('a statement at fault is refused', async () => {
    await expect(store.client.query('SELECT nope')).rejects.toMatchObject({ code: 'AGT_STORE_REFUSED' })
    await expect(store.client.command('DROP TABLE no_such_table')).rejects.toMatchObject({ code: 'AGT_STORE_REFUSED' })
  })

  test('what passes by itself is unavailable', async () => {
    const slow = store.client.query(
      'SELECT sleepEachRow(1) FROM numbers(3) SETTINGS max_execution_time = 0.5, max_block_size = 1',
    )
    await expect(slow).rejects.toMatchObject({ code: 'AGT_STORE_UNAVAILABLE' })
    const client = createStoreClient({ socketPath: join(store.dataDir, 'nobody.sock') })
    await expect(client.ping()).rejects.toMatchObject({ code: 'AGT_STORE_UNAVAILABLE' })
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'AGT_STORE_UNAVAILABLE' })
    await client.close()
  })
})

describe('migrations', () => {
  test('run again change nothing', async () => {
    const before = await store.client.query('SELECT * FROM schema_migrations LIMIT 100')
    expect(before).toEqual(expect.arrayContaining([expect.objectContaining({ number: 1, name: '0001-tables.sql' })]))
    await migrate(store.client)
    expect(await store.client.query('SELECT * FROM schema_migrations LIMIT 100')).toEqual(before)
  })

  test('a store that knows more than this code, or had another file, is refused', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-test-'))
    const engine = startEngine({ dataDir, env: process.env })
    const client = createStoreClient({ socketPath: engine.socketPath })
    try {
      await engine.ready
      await migrate(client)
      await client.command("INSERT INTO schema_migrations (number, name, hash) VALUES (9999, '9999-later.sql', 'x')")
      await expect(migrate(client)).rejects.toMatchObject({ code: 'AGT_DATA_DIR_NEWER' })
      await client.command('TRUNCATE TABLE schema_migrations')
      await client.command("INSERT INTO schema_migrations (number, name, hash) VALUES (1, '0001-tables.sql', 'x')")
      await expect(migrate(client)).rejects.toMatchObject({ code: 'AGT_STORE_REFUSED' })
    } finally {
      await client.close()
      await engine.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})
