import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Engine, startEngine } from '../../src/engine/supervisor.ts'
import { createStoreClient } from '../../src/store/client.ts'
import { createReadModel } from '../../src/store/readers/read-model.ts'
import type { SealedSegment } from '../../src/store/segments.ts'
import { createStoreWriter } from '../../src/store/writer.ts'
import {
  baseMs,
  baseUs,
  makeAction,
  makeCall,
  makeDeadLetter,
  makeFinding,
  makeLayer,
  makePayload,
  makeSession,
  makeStoredEvent,
} from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

const strange = 'Zoë 🦊 "quoted" \\ back\tslash\n\'; DROP TABLE calls; -- \u0000 end'
const first = { limit: 100, cursor: null }
const always = { from: '', to: '' }
const now = () => new Date(baseMs + 60_000)

let store: TestStore
let model: ReturnType<typeof createReadModel>

beforeAll(async () => {
  store = await openTestStore()
  model = createReadModel({ client: store.client, now, sessionIdleMs: 30 * 60_000 })
})

afterAll(async () => store.close())

const count = async (table: string, realm: string): Promise<number> => {
  const [row] = await store.client.query<{ readonly rows: number }>(
    `SELECT count() AS rows FROM ${table} WHERE realm = {realm:String}`,
    { realm },
  )
  return row?.rows ?? -1
}

describe('what was written is what is read', () => {
  test('text of every kind, unknown values and empty lists of a call and its session', async () => {
    const realm = 'unicode-call'
    const layer = makeLayer({ reasons: [strange], policyId: strange, eventId: 'e-ü' })
    await store.store((sink) => {
      sink.call(
        makeCall({
          id: 'c-ü',
          realm,
          timeUs: baseUs + 1,
          durationUs: null,
          httpStatus: null,
          resource: strange,
          tool: strange,
          layers: [layer],
          disagreements: [],
          aliases: ['c-alias-é'],
          sessionId: 's-ü',
        }),
        1,
      )
      sink.call(makeCall({ id: 'c-bare', realm, layers: [], sessionId: '' }), 1)
      sink.session(
        makeSession({ id: 's-ü', realm, explicitId: strange, tools: [strange, ''], servers: [], userEmail: '' }),
        1,
      )
    })
    expect(await model.call(realm, 'c-alias-é')).toMatchObject({
      id: 'c-ü',
      time: '2026-05-04T10:00:00.000001Z',
      durationMs: null,
      httpStatus: null,
      resource: strange,
      tool: strange,
      disagreements: [],
      findings: [],
      layers: [
        {
          layer: 'proxy',
          product: 'pomerium',
          decision: 'allow',
          basis: 'explicit',
          source: 'authz',
          reasons: [strange],
          policyId: strange,
          eventId: 'e-ü',
        },
      ],
    })
    expect((await model.call(realm, 'c-bare'))?.layers).toEqual([])
    expect(await model.session(realm, 's-ü')).toMatchObject({
      explicitId: strange,
      aliases: [],
      tools: [strange, ''],
      servers: [],
      user: { id: 'u1', email: '' },
    })
    // A value goes in as it is, also where it is looked for.
    const found = await model.calls(realm, { ...always, tool: strange }, first)
    expect(found.items.map(({ id }) => id)).toEqual(['c-ü'])
    expect((await model.timeline(realm, 's-ü', first)).items.map(({ id }) => id)).toEqual(['c-ü'])
  })

  test('findings, actions, events and dead letters with nothing in them, and with everything', async () => {
    const realm = 'unicode-rest'
    await store.store((sink) => {
      const text = { text: strange, thresholds: { [strange]: strange }, observed: {} }
      sink.finding(makeFinding({ id: 'f', realm, sessionIds: [], calls: [], explanation: text, note: strange }), 1)
      sink.action(makeAction({ id: 'a', realm, reason: strange, transitions: [], isEvidencePending: true }), 1)
      sink.event(
        makeStoredEvent({
          eventId: 'e',
          realm,
          durationUs: null,
          requestBytes: 2 ** 53 - 1,
          decisionReasons: [],
          attributes: { [strange]: strange },
        }),
      )
      sink.payload(makePayload({ eventId: 'e', realm, raw: strange }))
      sink.deadLetter(makeDeadLetter({ recordId: 'd', realm, raw: strange, rawBytes: 0, format: '' }))
    })
    expect(await model.finding(realm, 'f')).toMatchObject({
      sessionId: '',
      calls: [],
      actions: [],
      note: strange,
      explanation: { text: strange, thresholds: { [strange]: strange }, observed: {} },
    })
    const { items: actions } = await model.actions(realm, {}, first)
    expect(actions).toMatchObject([
      { id: 'a', reason: strange, expiresAt: null, evidencePending: true, transitions: [] },
    ])
    expect(await model.event(realm, 'e')).toMatchObject({
      durationUs: null,
      requestBytes: 2 ** 53 - 1,
      decisionReasons: [],
      attributes: { [strange]: strange },
    })
    const { items: letters } = await model.deadLetters(realm, always, first)
    expect(letters).toMatchObject([{ recordId: 'd', raw: strange, rawBytes: 0, format: '' }])
    expect(await count('payloads', realm)).toBe(1)
  })

  test('rows that were taken back show nowhere', async () => {
    const realm = 'taken-back'
    const call = makeCall({ id: 'c', realm })
    const session = makeSession({ id: 's1', realm })
    const finding = makeFinding({ id: 'f', realm })
    const action = makeAction({ id: 'a', realm })
    for (const sign of [1, -1] as const) {
      await store.store((sink) => {
        sink.call(call, sign)
        sink.session(session, sign)
        sink.finding(finding, sign)
        sink.action(action, sign)
      })
      const shown = await Promise.all([
        model.calls(realm, always, first),
        model.sessions(realm, always, first),
        model.findings(realm, always, first),
        model.actions(realm, {}, first),
      ])
      expect(shown.map(({ items }) => items.length)).toEqual(sign === 1 ? [1, 1, 1, 1] : [0, 0, 0, 0])
    }
    expect(await model.call(realm, 'c')).toBeNull()
    expect(await model.session(realm, 's1')).toBeNull()
    expect(await model.finding(realm, 'f')).toBeNull()
  })
})

describe('an insert that is sent again', () => {
  /** The same rows twice: two months, so that one insert makes two parts. */
  const insertTwice = async (realm: string, tokenOfSecond: (token: string) => string): Promise<void> => {
    const sink = store.sink({ epoch: realm })
    sink.event(makeStoredEvent({ eventId: 'may', realm }))
    sink.event(makeStoredEvent({ eventId: 'june', realm }, { tickMs: Date.UTC(2026, 5, 4) }))
    const segments = sink.seal({ position: 1, firstPosition: 1 })
    const again: SealedSegment[] = []
    for (const segment of segments) {
      const file = `${segment.file}.again`
      await copyFile(segment.file, file)
      again.push({ ...segment, file, token: tokenOfSecond(segment.token) })
    }
    for (const sent of [segments, again]) {
      const writer = createStoreWriter({ client: store.client, segmentMode: 'path', stored: {} })
      writer.enqueue(1, sent)
      await writer.drain()
      expect(writer.storedThrough()).toBe(1)
      await writer.stop()
    }
  }

  test('under its token is stored once', async () => {
    await insertTwice('same-token', (token) => token)
    expect(await count('events', 'same-token')).toBe(2)
  })

  test('under another token is other rows', async () => {
    await insertTwice('other-token', (token) => `${token}-other`)
    expect(await count('events', 'other-token')).toBe(4)
  })
})

describe('the engine is killed', () => {
  test('it comes back with its data, and what was written meanwhile arrives once', async () => {
    const realm = 'killed'
    await store.store((sink) => sink.call(makeCall({ id: 'before', realm }), 1))
    const pid = pidOf(store.engine)
    const restartsBefore = store.engine.restarts()
    const wentDown = new Promise<void>((resolve) => store.engine.onState((state) => state === 'down' && resolve()))
    process.kill(pid, 'SIGKILL')
    await wentDown
    await store.store((sink) => sink.call(makeCall({ id: 'meanwhile', realm, timeUs: baseUs + 1 }), 1))
    expect(store.engine.state()).toBe('up')
    expect(store.engine.restarts()).toBe(restartsBefore + 1)
    expect(store.engine.pid()).not.toBe(pid)
    const { items } = await model.calls(realm, always, first)
    expect(items.map(({ id }) => id)).toEqual(['meanwhile', 'before'])
    expect(await count('calls', realm)).toBe(2)
  })

  /*
   * Goal: an engine never outlives its parent, for it holds the directory.
   * Method: another process starts one and is killed; then nobody listens and a new engine gets the directory.
   */
  test('with its parent, so that the next start has the directory', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-test-'))
    const parent = startParent(dataDir)
    let next: Engine | null = null
    try {
      const socketPath = await firstLine(parent)
      expect(await isListening(socketPath)).toBe(true)
      parent.kill('SIGKILL')
      await expect.poll(() => isListening(socketPath), { timeout: 5_000 }).toBe(false)
      next = startEngine({ dataDir, env: process.env })
      await next.ready
      const client = createStoreClient({ socketPath: next.socketPath })
      expect(await client.query('SELECT kept FROM mine LIMIT 10')).toEqual([{ kept: 'yes' }])
      await client.close()
    } finally {
      parent.kill('SIGKILL')
      await next?.stop()
      await rm(dataDir, { recursive: true, force: true })
    }
  })
})

const pidOf = (engine: Engine): number => {
  const pid = engine.pid()
  if (pid === undefined) throw new Error('The engine does not run.')
  return pid
}

/** A process that has an engine, writes to it, says where it listens, and stays. */
const startParent = (dataDir: string): ChildProcess => {
  const source = (path: string): string => JSON.stringify(new URL(`../../src/${path}`, import.meta.url).href)
  const code = `
    import { startEngine } from ${source('engine/supervisor.ts')}
    import { createStoreClient } from ${source('store/client.ts')}
    const engine = startEngine({ dataDir: ${JSON.stringify(dataDir)}, env: process.env })
    await engine.ready
    const client = createStoreClient({ socketPath: engine.socketPath })
    await client.command('CREATE TABLE mine (kept String) ENGINE = MergeTree ORDER BY kept SETTINGS fsync_after_insert = 1')
    await client.command("INSERT INTO mine SELECT 'yes'")
    process.stdout.write(engine.socketPath + '\\n')
    setInterval(() => {}, 1000)`
  return spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] })
}

const firstLine = async (child: ChildProcess): Promise<string> => {
  if (child.stdout === null) throw new Error('The parent has no output.')
  const ended = once(child, 'exit').then(([code]) => Promise.reject(new Error(`The parent ended with ${code}.`)))
  ended.catch(() => undefined)
  const [chunk] = await Promise.race([once(child.stdout, 'data'), ended])
  return String(chunk).trim()
}

const isListening = async (socketPath: string): Promise<boolean> => {
  const socket = createConnection(socketPath)
  try {
    return await Promise.race([once(socket, 'connect').then(() => true), sleep(1_000, false)])
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
