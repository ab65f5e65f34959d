import { describe, expect, it } from 'vitest'
import { type Call, createCall, setFacts } from '../../../src/correlate/call.ts'
import { factsOf } from '../../../src/correlate/call-facts.ts'
import { Logins } from '../../../src/correlate/logins.ts'
import type { Session } from '../../../src/correlate/session.ts'
import { Sessions } from '../../../src/correlate/sessions.ts'
import { Standings } from '../../../src/correlate/standings.ts'
import { ViewPool } from '../../../src/correlate/view-pool.ts'
import type { ActivityEvent } from '../../../src/event/event.ts'
import { makeEvent, secondUs } from '../../fakes/events.ts'

const startUs = makeEvent().timeUs
const minuteUs = 60 * secondUs
const tickMs = startUs / 1000

const makeSessions = (sessionsMax = 100) => {
  const retired: Session[] = []
  const sessions = new Sessions({
    sessionsMax,
    onMove: (call, sessionId) => {
      call.sessionId = sessionId
    },
    onRetired: (session) => retired.push(session),
  })
  const place = (part: Partial<ActivityEvent>): Call => {
    const event = makeEvent({ userId: 'mira', ...part })
    const pool = new ViewPool()
    const standings = new Standings({ realm: 'default', logins: new Logins() })
    const views = [pool.viewOf(event)]
    const call = createCall(event.eventId, views, { realm: 'default', tickMs })
    setFacts(call, factsOf(views, { pool, standings }))
    sessions.place(call, tickMs)
    return call
  }
  return { sessions, retired, place }
}

describe('Sessions', () => {
  it('ends a session after the idle time and not before', () => {
    const { sessions, place } = makeSessions()
    const first = place({ timeUs: startUs })
    const within = place({ timeUs: startUs + 30 * minuteUs })
    const after = place({ timeUs: startUs + 60 * minuteUs + 1 })
    sessions.settle(tickMs)
    expect(within.sessionId).toBe(first.sessionId)
    expect(after.sessionId).not.toBe(first.sessionId)
  })

  it('joins two sessions when a late call closes the gap, and keeps the other id as an alias', () => {
    const { sessions, retired, place } = makeSessions()
    const first = place({ timeUs: startUs })
    const last = place({ timeUs: startUs + 50 * minuteUs })
    sessions.settle(tickMs)
    const gone = sessions.find(last.sessionId)
    if (gone === undefined) throw new Error('the second session is known')
    // Only a session that readers may have seen needs to be found under its old id.
    gone.written = {} as Session['written']
    place({ timeUs: startUs + 25 * minuteUs })
    sessions.settle(tickMs)
    expect(last.sessionId).toBe(first.sessionId)
    expect(retired).toEqual([gone])
    expect(sessions.find(gone.id)?.id).toBe(first.sessionId)
  })

  it('splits a session when the call that held it together goes', () => {
    const { sessions, place } = makeSessions()
    const first = place({ timeUs: startUs })
    const middle = place({ timeUs: startUs + 25 * minuteUs })
    const last = place({ timeUs: startUs + 50 * minuteUs })
    sessions.settle(tickMs)
    expect(last.sessionId).toBe(first.sessionId)
    sessions.remove(middle)
    sessions.settle(tickMs)
    expect(last.sessionId).not.toBe(first.sessionId)
  })

  it('never joins two principals, even under the same MCP session id', () => {
    const { sessions, place } = makeSessions()
    const mine = place({ mcpSessionId: 'm' })
    const alsoMine = place({ mcpSessionId: 'm', timeUs: startUs + 300 * minuteUs })
    const yours = place({ mcpSessionId: 'm', userId: 'jonas' })
    sessions.settle(tickMs)
    expect(alsoMine.sessionId).toBe(mine.sessionId)
    expect(yours.sessionId).not.toBe(mine.sessionId)
  })

  it('gives a call without a principal to the one whose session it names, and to neither of two', () => {
    const { sessions, place } = makeSessions()
    const nameless = place({ mcpSessionId: 'm', userId: '' })
    const another = place({ mcpSessionId: 'm', userId: '', timeUs: startUs + secondUs })
    sessions.settle(tickMs)
    expect(another.sessionId).toBe(nameless.sessionId)
    const mine = place({ mcpSessionId: 'm' })
    sessions.settle(tickMs)
    expect([nameless.sessionId, another.sessionId]).toEqual([mine.sessionId, mine.sessionId])
    const yours = place({ mcpSessionId: 'm', userId: 'jonas' })
    sessions.settle(tickMs)
    const ids = [nameless, another, mine, yours].map((call) => call.sessionId)
    expect(new Set(ids).size).toBe(4)
    sessions.remove(yours)
    sessions.settle(tickMs)
    expect(nameless.sessionId).toBe(mine.sessionId)
  })

  it('joins nothing that nobody states anything about', () => {
    const { sessions, place } = makeSessions()
    const nobody = { userId: '', clientAddress: '', userAgent: '' }
    const calls = [place(nobody), place(nobody), place({ ...nobody, traceId: 't' }), place({ ...nobody, traceId: 't' })]
    sessions.settle(tickMs)
    const [first, second, third, fourth] = calls.map((call) => call.sessionId)
    expect(second).not.toBe(first)
    expect(fourth).toBe(third)
  })

  it('takes an initialize back from a session that turns out to have begun before it, in any order', () => {
    const arrivals = [
      { method: 'initialize', authSessionId: 'login', timeUs: startUs },
      { authSessionId: 'login', mcpSessionId: 'm', timeUs: startUs + 3 * secondUs },
      { layer: 'gateway', mcpSessionId: 'm', timeUs: startUs - 3 * secondUs },
    ] as const
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
    ]) {
      const { sessions, place } = makeSessions()
      const calls = new Map<number, Call>()
      for (const at of order) {
        const part = arrivals[at]
        if (part !== undefined) calls.set(at, place({ eventId: `e${at}`, ...part }))
        sessions.settle(tickMs)
      }
      expect(calls.get(1)?.sessionId).toBe(calls.get(2)?.sessionId)
      expect(calls.get(0)?.sessionId).not.toBe(calls.get(1)?.sessionId)
    }
  })

  it('keeps an initialize that is placed anew in the session that it opened', () => {
    const { sessions, place } = makeSessions()
    const opening = place({ eventId: 'o', method: 'initialize', timeUs: startUs })
    const call = place({ eventId: 'c', mcpSessionId: 'm', timeUs: startUs + secondUs })
    sessions.settle(tickMs)
    sessions.remove(opening)
    sessions.place(opening, tickMs)
    sessions.settle(tickMs)
    const session = sessions.find(call.sessionId)
    expect(opening.sessionId).toBe(call.sessionId)
    expect(session && sessions.live.of(session).has(opening)).toBe(true)
  })

  it('gives an initialize to the MCP session that opens within ten seconds of it', () => {
    const { sessions, place } = makeSessions()
    const early = place({ method: 'initialize', timeUs: startUs - 10 * secondUs - 1 })
    const opening = place({ method: 'initialize', timeUs: startUs - 10 * secondUs })
    const foreign = place({ method: 'initialize', timeUs: startUs, userId: 'jonas' })
    const call = place({ mcpSessionId: 'm' })
    sessions.settle(tickMs)
    expect(opening.sessionId).toBe(call.sessionId)
    expect(early.sessionId).not.toBe(call.sessionId)
    expect(foreign.sessionId).not.toBe(call.sessionId)
  })

  it('continues after its calls became final', () => {
    const { sessions, place } = makeSessions()
    const first = place({ timeUs: startUs })
    sessions.settle(tickMs)
    sessions.freeze(first)
    const next = place({ timeUs: startUs + 30 * minuteUs })
    const later = place({ timeUs: startUs + 61 * minuteUs })
    sessions.settle(tickMs)
    expect(next.sessionId).toBe(first.sessionId)
    expect(later.sessionId).not.toBe(first.sessionId)
  })

  it('forgets a session that nothing can join, and not one with a live call', () => {
    const { sessions, place } = makeSessions()
    const over = place({ timeUs: startUs })
    const live = place({ timeUs: startUs, userId: 'jonas' })
    sessions.settle(tickMs)
    sessions.freeze(over)
    const ended: string[] = []
    const options = { tickMs: tickMs + 31 * 60_000, keepMs: 0 }
    sessions.end({ ...options, finalThroughUs: startUs + 30 * minuteUs }, (session) => ended.push(session.id))
    expect(ended).toEqual([])
    sessions.end({ ...options, finalThroughUs: startUs + 30 * minuteUs + 1 }, (session) => ended.push(session.id))
    expect(ended).toEqual([over.sessionId])
    expect(sessions.find(live.sessionId)).toBeDefined()
  })

  it('gives a call that knows only the MCP session to the explicit one that names it, if there is one', () => {
    const { sessions, place } = makeSessions()
    const early = place({ mcpSessionId: 'm' })
    sessions.settle(tickMs)
    const both = place({ mcpSessionId: 'm', explicitSessionId: 'run-1' })
    const late = place({ mcpSessionId: 'm' })
    sessions.settle(tickMs)
    expect([early.sessionId, late.sessionId]).toEqual([both.sessionId, both.sessionId])
    sessions.freeze(both)
    const afterwards = place({ mcpSessionId: 'm' })
    const yours = place({ mcpSessionId: 'm', userId: 'jonas' })
    sessions.settle(tickMs)
    expect(afterwards.sessionId).toBe(both.sessionId)
    expect(yours.sessionId).not.toBe(both.sessionId)
    const other = place({ mcpSessionId: 'm', explicitSessionId: 'run-2' })
    sessions.settle(tickMs)
    expect(new Set([both, other, late].map((call) => call.sessionId)).size).toBe(3)
    sessions.remove(other)
    sessions.settle(tickMs)
    expect(late.sessionId).toBe(both.sessionId)
  })

  it('takes the room that a flood of ids needs from whoever floods', () => {
    const { sessions, place } = makeSessions(50)
    const over = (part: Partial<ActivityEvent>): Call => {
      const call = place(part)
      sessions.settle(tickMs)
      sessions.freeze(call)
      sessions.dirty.clear()
      return call
    }
    const honest = ['mira', 'jonas', 'ida'].map((userId) => over({ userId, mcpSessionId: `of-${userId}` }))
    for (let at = 0; at < 500; at += 1) over({ userId: 'mallory', mcpSessionId: `m-${at}` })
    for (const call of honest) expect(sessions.find(call.sessionId)?.frozen.calls).toBe(1)
    expect(sessions.table.size).toBe(50)
    expect(sessions.evicted).toBe(453)
    // A newcomer's room comes from there, too.
    const newcomer = over({ userId: 'yuki', mcpSessionId: 'of-yuki' })
    for (const call of [...honest, newcomer]) expect(sessions.find(call.sessionId)).toBeDefined()
  })
})
