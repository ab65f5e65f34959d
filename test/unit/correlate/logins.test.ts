import { describe, expect, it } from 'vitest'
import { Logins } from '../../../src/correlate/logins.ts'
import { makeEvent, secondUs } from '../../fakes/events.ts'

const startUs = makeEvent().timeUs

const token = (of: {
  readonly session: string
  readonly issues?: string
  readonly from?: string
  readonly client?: string
  readonly timeUs?: number
}) =>
  makeEvent({
    kind: 'auth',
    authSessionId: of.session,
    refreshTokenId: of.issues ?? '',
    previousRefreshTokenId: of.from ?? '',
    oauthClientId: of.client ?? 'client-1',
    timeUs: of.timeUs ?? startUs,
  })

const first = token({ session: 's1', issues: 't1' })
const second = token({ session: 's2', issues: 't2', from: 't1' })
const third = token({ session: 's3', issues: 't3', from: 't2' })

describe('Logins', () => {
  it('follows refreshes to the login they began with, in any order of arrival', () => {
    for (const lines of [
      [first, second, third],
      [third, first, second],
    ]) {
      const logins = new Logins()
      for (const line of lines) logins.learn(line)
      expect(logins.rootOf('default', 's3')).toBe('s1')
    }
  })

  it('names the oldest token where the beginning was never seen', () => {
    const logins = new Logins()
    logins.learn(third)
    logins.learn(second)
    expect(logins.rootOf('default', 's3')).toBe('token:t1')
  })

  it('does not mix realms or sessions that nothing links', () => {
    const logins = new Logins()
    logins.learn(first)
    logins.learn(second)
    expect(logins.rootOf('other', 's2')).toBe('s2')
    expect(logins.rootOf('default', 'unknown')).toBe('unknown')
  })

  it('ends a chain that runs in a circle', () => {
    const logins = new Logins()
    logins.learn(token({ session: 's1', issues: 't1', from: 't2' }))
    logins.learn(token({ session: 's2', issues: 't2', from: 't1' }))
    expect(['s1', 's2']).toContain(logins.rootOf('default', 's2'))
  })

  it('says which sessions a line is a reason to look at again', () => {
    const logins = new Logins()
    logins.learn(third)
    logins.learn(second)
    expect([...logins.learn(first)].sort()).toEqual(['s1', 's2', 's3'])
    expect(logins.learn(third)).toEqual(['s3'])
  })

  it('names a client from the second of its first token, and none where two hold one', () => {
    const logins = new Logins()
    logins.learn(token({ session: 's1', client: 'a', timeUs: startUs }))
    expect(logins.clientAt('default', 's1', startUs - secondUs)).toBe('a')
    expect(logins.clientAt('default', 's1', startUs - secondUs - 1)).toBe('')
    logins.learn(token({ session: 's1', client: 'b', timeUs: startUs + 60 * secondUs }))
    expect(logins.clientAt('default', 's1', startUs + 10 * secondUs)).toBe('a')
    expect(logins.clientAt('default', 's1', startUs + 60 * secondUs)).toBe('')
  })

  it('forgets a login that is not used and keeps one that is', () => {
    const logins = new Logins()
    logins.learn(token({ session: 'idle', client: 'a' }))
    logins.learn(token({ session: 'used', client: 'a' }))
    logins.keep('default', 'used', startUs + 10)
    logins.expire(startUs + 5)
    expect(logins.clientAt('default', 'idle', startUs)).toBe('')
    expect(logins.clientAt('default', 'used', startUs)).toBe('a')
  })
})
