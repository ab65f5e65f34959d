import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatabrokerLever } from '../../src/respond/levers/databroker.ts'
import { createDatabroker, type Databroker } from '../../src/respond/levers/databroker-client.ts'
import { deletedRecord, expiredSession, recordTypes } from '../../src/respond/levers/databroker-records.ts'
import { revokeInDatabroker } from '../../src/respond/levers/databroker-revoke.ts'
import { makeEffect } from '../fakes/effects.ts'
import { Pomerium, type PomeriumAgent } from '../fakes/pomerium.ts'
import { decodeData } from '../fakes/pomerium-records.ts'
import { makeRevocation } from '../fakes/revocations.ts'

/*
Goal: an agent behind Pomerium is out, soon and for good, and nobody else is.
Method: the real client over a real connection to a double that behaves as a running Pomerium was measured to. What does
not work there, and would look right in a mock that only takes what it is told, is shown not to work here.
*/
let pomerium: Pomerium
let databroker: Databroker
let agent: PomeriumAgent
const never = new AbortController().signal

beforeEach(async () => {
  pomerium = new Pomerium()
  const url = `http://127.0.0.1:${await pomerium.broker.start()}`
  databroker = createDatabroker({ url, sharedSecret: pomerium.sharedSecret, now: () => pomerium.nowMs })
  agent = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
  pomerium.advance(20_000)
  pomerium.call(agent)
})

afterEach(() => {
  databroker.close()
  pomerium.broker.stop()
})

const revoke = (who = { userId: 'alice', clientIds: ['cursor'] }) =>
  revokeInDatabroker(
    {
      databroker,
      now: () => pomerium.nowMs,
      sleep: async (ms) => {
        for (let passed = 0; passed < ms; passed += 10) {
          if (pomerium.call(agent) === 'denied') outAfterMs ??= pomerium.nowMs - startedMs
          pomerium.advance(10)
        }
      },
    },
    who,
    never,
  )

let startedMs: number
let outAfterMs: number | null
beforeEach(() => {
  startedMs = pomerium.nowMs
  outAfterMs = null
})

const sessionRecord = async (id: string) => {
  const record = await databroker.get(recordTypes.session, id)
  if (record === null) throw new Error(`no session ${id}`)
  return record
}
const tokenRecord = async () => {
  const record = await databroker.get(recordTypes.refreshToken, agent.refreshTokenId)
  if (record === null) throw new Error('no refresh token')
  return record
}
const newest = (of: PomeriumAgent): string => of.sessionIds[0] ?? ''

describe('revoking in the databroker', () => {
  it('puts the agent out in a quarter of a second, and it cannot come back', async () => {
    expect(await revoke()).toEqual({ sessions: 1, refreshTokens: 1 })
    expect(outAfterMs).toBeLessThanOrEqual(220)
    expect(pomerium.refresh(agent)).toBe(false)
    expect(pomerium.firstDenial(agent, 0)).toBe(0)
  })

  it('waits until a session is old enough for Pomerium to remove it', async () => {
    agent = pomerium.connect({ userId: 'alice', clientId: 'cursor' })
    pomerium.call(agent)
    pomerium.advance(1_000)
    await revoke()
    expect(outAfterMs).toBeGreaterThan(8_000)
    expect(outAfterMs).toBeLessThanOrEqual(10_000)
    expect(pomerium.call(agent)).toBe('denied')
  })

  it('ends sessions of earlier access tokens too, as they outlive a refresh', async () => {
    pomerium.refresh(agent)
    expect(agent.sessionIds).toHaveLength(2)
    pomerium.advance(20_000)
    expect(await revoke()).toEqual({ sessions: 2, refreshTokens: 1 })
    expect(pomerium.call(agent)).toBe('denied')
  })

  it('finds the session of a refresh that was under way when its token went', async () => {
    const finish = pomerium.beginRefresh(agent)
    let isUnderWay = true
    pomerium.onPut = ({ type }) => {
      if (type !== recordTypes.session || !isUnderWay) return
      isUnderWay = false
      finish?.()
    }
    expect(await revoke()).toEqual({ sessions: 2, refreshTokens: 2 })
    expect(isUnderWay).toBe(false)
    expect(pomerium.call(agent)).toBe('denied')
    expect(pomerium.refresh(agent)).toBe(false)
  })

  it('leaves other users alone, and tokens of the same user’s other clients', async () => {
    const other = pomerium.connect({ userId: 'bob', clientId: 'cursor' })
    const beside = pomerium.connect({ userId: 'alice', clientId: 'claude-code' })
    await revoke()
    expect(pomerium.call(other)).toBe('allowed')
    expect(pomerium.refresh(other)).toBe(true)
    expect(pomerium.call(beside)).toBe('denied')
    expect(pomerium.refresh(beside)).toBe(true)
  })

  it('takes every client’s tokens where none is named', async () => {
    const beside = pomerium.connect({ userId: 'alice', clientId: 'claude-code' })
    await revoke({ userId: 'alice', clientIds: [] })
    expect(pomerium.refresh(agent)).toBe(false)
    expect(pomerium.refresh(beside)).toBe(false)
  })

  it('changes nothing the second time', async () => {
    await revoke()
    const records = new Map(pomerium.broker.records)
    expect(await revoke()).toEqual({ sessions: 0, refreshTokens: 0 })
    expect(pomerium.broker.records).toEqual(records)
  })

  it('keeps all other fields of a session, also those it does not know', async () => {
    const id = newest(agent)
    const before = decodeData('Session', (await sessionRecord(id)).data ?? { typeUrl: '', value: Buffer.alloc(0) })
    const expired = expiredSession(await sessionRecord(id), pomerium.nowMs - 1_000)
    await databroker.put([expired])
    const after = decodeData(
      'Session',
      pomerium.of('Session').find((record) => record.id === id)?.data ?? { typeUrl: '', value: Buffer.alloc(0) },
    )
    expect(after['laterAddition']).toBe('kept')
    const { expiresAt: earlier, ...rest } = before
    expect(after).toMatchObject(rest)
    expect(after['expiresAt']).not.toEqual(earlier)
  })

  it('gives up with what is left when its time is over', async () => {
    const ending = new AbortController()
    const deps = { databroker, now: () => pomerium.nowMs, sleep: async () => ending.abort() }
    await expect(
      revokeInDatabroker(deps, { userId: 'alice', clientIds: ['cursor'] }, ending.signal),
    ).rejects.toMatchObject({
      code: 'AGT_LEVER_UNAVAILABLE',
    })
  })
})

describe('a person named by address', () => {
  const apply = (userId: string) => {
    const lever = createDatabrokerLever({
      databroker,
      now: () => pomerium.nowMs,
      sleep: async (ms) => pomerium.advance(ms),
      who: { clientsOf: () => [], nameOf: (id) => id },
    })
    const { subject } = makeRevocation()
    const revocation = makeRevocation({ keys: [`user:${userId}`], subject: { ...subject, userId } })
    return lever.apply(makeEffect({ revocation }), never)
  }

  it('is the user who signed in with it', async () => {
    expect(await apply('alice@acme.test')).toMatchObject({ state: 'enforced' })
    expect(pomerium.call(agent)).toBe('denied')
  })

  it('is nobody where no user has it: what ends no session is no success', async () => {
    expect(await apply('mallory@acme.test')).toMatchObject({ state: 'failed' })
    expect(pomerium.call(agent)).toBe('allowed')
  })
})

describe('what does not put the agent out', () => {
  it('deleting its session: it goes on for up to a minute, and by a refresh after that', async () => {
    await databroker.put([deletedRecord(await sessionRecord(newest(agent)), pomerium.nowMs)])
    expect(pomerium.firstDenial(agent, 70_000, 200)).toBeGreaterThan(50_000)
    expect(pomerium.refresh(agent)).toBe(true)
    expect(pomerium.call(agent)).toBe('allowed')
  })

  it('ending its session and leaving its refresh token', async () => {
    await databroker.put([expiredSession(await sessionRecord(newest(agent)), pomerium.nowMs - 1_000)])
    expect(pomerium.firstDenial(agent, 1_000)).toBeLessThanOrEqual(220)
    expect(pomerium.refresh(agent)).toBe(true)
    expect(pomerium.call(agent)).toBe('allowed')
  })

  it('deleting its refresh token alone', async () => {
    await databroker.put([deletedRecord(await tokenRecord(), pomerium.nowMs)])
    expect(pomerium.firstDenial(agent, 70_000, 200)).toBeNull()
  })

  it('ending its session first: it refreshes before its token goes', async () => {
    await databroker.put([expiredSession(await sessionRecord(newest(agent)), pomerium.nowMs - 1_000)])
    const used = await tokenRecord()
    expect(pomerium.refresh(agent)).toBe(true)
    await databroker.put([deletedRecord(used, pomerium.nowMs), deletedRecord(await tokenRecord(), pomerium.nowMs)])
    expect(pomerium.firstDenial(agent, 70_000, 200)).toBeNull()
  })

  it('a deletion without the record’s data, which the databroker refuses', async () => {
    const { data: _, ...record } = deletedRecord(await sessionRecord(newest(agent)), pomerium.nowMs)
    await expect(databroker.put([{ ...record, data: null }])).rejects.toMatchObject({ code: 'AGT_LEVER_REFUSED' })
  })
})

describe('the databroker’s client', () => {
  it('is refused with another secret', async () => {
    const url = `http://127.0.0.1:${await new Pomerium().broker.start()}`
    const stranger = createDatabroker({
      url,
      sharedSecret: randomBytes(32).toString('base64'),
      now: () => pomerium.nowMs,
    })
    await expect(stranger.list(recordTypes.session)).rejects.toMatchObject({ code: 'AGT_LEVER_REFUSED' })
    await expect(stranger.get(recordTypes.session, 'x')).rejects.toMatchObject({ code: 'AGT_LEVER_REFUSED' })
    stranger.close()
  })

  it('says that nobody answers', async () => {
    pomerium.broker.stop()
    await expect(databroker.list(recordTypes.session)).rejects.toMatchObject({ code: 'AGT_LEVER_UNAVAILABLE' })
  })

  it('knows no record that is gone', async () => {
    expect(await databroker.get(recordTypes.session, 'gone')).toBeNull()
  })
})
