import { describe, expect, it } from 'vitest'
import type { Call } from '../../../src/correlate/call.ts'
import { Openings } from '../../../src/correlate/openings.ts'
import type { Session } from '../../../src/correlate/session.ts'
import { secondUs } from '../../fakes/events.ts'

const callAt = (timeUs: number, method = 'initialize'): Call =>
  ({ id: `c${timeUs}`, method, timeUs, rung: { group: 'g' } }) as Call

const sessionOf = (key: string): Session =>
  ({ key, groups: ['g'], openUs: Number.MAX_SAFE_INTEGER }) as unknown as Session

/** A client that opens a session for each of its calls, three seconds apart. */
const sessionPerCall = (calls: number) => {
  const openings = new Openings(() => new Set())
  const matched: string[] = []
  const settle = (): void =>
    openings.settle((call, session) => matched.push(`${call.timeUs / secondUs} ${session?.key}`))
  const open = (at: number): void => {
    openings.add(callAt(3 * at * secondUs))
    openings.joined(sessionOf(`s${at}`), callAt((3 * at + 1) * secondUs, 'tools/call'))
  }
  for (let at = 0; at < calls; at += 1) open(at)
  settle()
  return { openings, matched, settle, open }
}

describe('Openings', () => {
  it('matches each initialize with the session that begins next', () => {
    const { matched } = sessionPerCall(3)
    expect(matched).toEqual(['0 s0', '3 s1', '6 s2'])
  })

  it('looks only at the calls near a new session, however many others a client has opened', () => {
    const { matched, settle, open } = sessionPerCall(1_000)
    matched.length = 0
    open(1_000)
    settle()
    expect(matched).toContain('3000 s1000')
    expect(matched.length).toBeLessThan(10)
  })

  it('finds no session that began before all that can still change, and keeps nothing of it', () => {
    const { openings, matched, settle } = sessionPerCall(5)
    matched.length = 0
    openings.expire(1_000 * secondUs)
    openings.add(callAt(12 * secondUs))
    settle()
    expect(matched).toContain('12 undefined')
  })
})
