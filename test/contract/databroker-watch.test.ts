import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabroker, type Databroker } from '../../src/respond/levers/databroker-client.ts'
import { DatabrokerWatch, type Seen } from '../../src/respond/levers/databroker-watch.ts'
import { Pomerium } from '../fakes/pomerium.ts'

/*
Goal: who acts with which session is known before it is needed, and stays known while the session lives.
Method: the watch follows a databroker over a real connection, which also forgets its history and goes away.
*/
const patiently = { timeout: 10_000 }

let pomerium: Pomerium
let port: number
let databroker: Databroker
let watch: DatabrokerWatch
let seen: Seen[]
let failures: unknown[]

beforeEach(async () => {
  pomerium = new Pomerium()
  port = await pomerium.broker.start()
  databroker = createDatabroker({
    url: `http://127.0.0.1:${port}`,
    sharedSecret: pomerium.sharedSecret,
    now: () => pomerium.nowMs,
  })
  seen = []
  failures = []
  watch = new DatabrokerWatch({
    databroker,
    now: () => pomerium.nowMs,
    sleep: async () => await new Promise((resolve) => setTimeout(resolve, 5)),
    onSeen: (one) => seen.push(one),
    onFailure: (error) => failures.push(error),
  })
})

afterEach(async () => {
  await watch.stop()
  databroker.close()
  pomerium.broker.stop()
})

const changes = () => seen.map(({ change, sessionId, clientId }) => `${change} ${sessionId} ${clientId}`.trim())

describe('following the databroker', () => {
  it('knows at the start what there is', async () => {
    const { sessionIds } = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
    await watch.start()
    await expect.poll(() => watch.clientsOf(sessionIds[0] ?? ''), patiently).toEqual(['cursor'])
    expect(watch.nameOf('cursor')).toBe('client cursor')
    expect(watch.nameOf('unheard-of')).toBe('unheard-of')
    expect(seen).toEqual([
      {
        change: 'session_started',
        timeMs: pomerium.nowMs,
        sessionId: sessionIds[0],
        userId: 'alice',
        clientId: '',
        clientName: '',
      },
      {
        change: 'client_named',
        timeMs: pomerium.nowMs,
        sessionId: sessionIds[0],
        userId: 'alice',
        clientId: 'cursor',
        clientName: 'client cursor',
      },
    ])
    expect(failures).toEqual([])
  })

  it('sees what comes and goes, and every client of a session', async () => {
    await watch.start()
    const first = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
    const sessionId = first.sessionIds[0] ?? ''
    await expect.poll(() => watch.clientsOf(sessionId), patiently).toEqual(['cursor'])
    pomerium.connect({ userId: 'alice', clientId: 'claude-code', sessionId })
    await expect.poll(() => watch.clientsOf(sessionId), patiently).toEqual(['cursor', 'claude-code'])
    for (const record of pomerium.of('Session')) pomerium.broker.write({ ...record, deletedAt: { seconds: 1 } })
    await expect.poll(() => watch.clientsOf(sessionId), patiently).toEqual([])
    expect(changes().at(-1)).toBe(`session_ended ${sessionId}`)
  })

  it('starts over where the databroker has forgotten its history, and says nothing twice', async () => {
    const gone = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
    const stays = pomerium.connect({ userId: 'bob', clientId: 'cursor' })
    await watch.start()
    await expect.poll(() => changes().length, patiently).toBe(4)
    pomerium.broker.records.delete(`type.googleapis.com/session.Session ${gone.sessionIds[0]}`)
    pomerium.broker.forgetHistory()
    await expect.poll(() => changes().slice(4), patiently).toEqual([`session_ended ${gone.sessionIds[0]}`])
    const late = pomerium.connect({ userId: 'carol', clientId: 'cursor' })
    await expect.poll(() => watch.clientsOf(late.sessionIds[0] ?? ''), patiently).toEqual(['cursor'])
    expect(watch.clientsOf(stays.sessionIds[0] ?? '')).toEqual(['cursor'])
  })

  it('goes on when a databroker comes back that was away', async () => {
    await watch.start()
    pomerium.broker.stop()
    await expect.poll(() => failures.length, patiently).toBeGreaterThan(0)
    const { sessionIds } = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
    await pomerium.restart().start(port)
    await expect.poll(() => watch.clientsOf(sessionIds[0] ?? ''), patiently).toEqual(['cursor'])
  })
})
