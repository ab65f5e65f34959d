import { describe, expect, it } from 'vitest'
import { matchesOf } from '../../../src/detect/count-window.ts'
import { makeFact } from '../../fakes/call-facts.ts'

const rule = { timespanUs: 100, countMin: 3 }
const callsAt = (...times: number[]) => times.map((timeUs) => makeFact({ timeUs }))
const whole = { from: 0, lastBucket: null }

describe('matchesOf', () => {
  it('fires with the call that reaches the count, and not with one less', () => {
    const calls = callsAt(10, 20, 30)
    expect(matchesOf(rule, calls, whole)).toEqual([{ bucket: 0, calls }])
    expect(matchesOf(rule, calls.slice(1), whole)).toEqual([])
  })

  it('counts a call just within the window and none at its open end', () => {
    expect(matchesOf(rule, callsAt(1, 50, 100), whole)).toHaveLength(1)
    expect(matchesOf(rule, callsAt(0, 50, 100), whole)).toEqual([])
  })

  it('takes calls of equal time together', () => {
    const calls = callsAt(10, 20, 20, 20)
    expect(matchesOf(rule, calls, whole)).toEqual([{ bucket: 0, calls }])
  })

  it('fires once per bucket, whatever follows', () => {
    const matches = matchesOf(rule, callsAt(10, 20, 30, 40, 50, 110, 120), whole)
    expect(matches.map((match) => match.bucket)).toEqual([0, 1])
  })

  it('lets only calls from `from` on complete it, in a bucket that did not hold before', () => {
    const calls = callsAt(10, 20, 30, 40)
    expect(matchesOf(rule, calls, { from: 3, lastBucket: null })).toHaveLength(1)
    expect(matchesOf(rule, calls, { from: 4, lastBucket: null })).toEqual([])
    expect(matchesOf(rule, calls, { from: 3, lastBucket: 0 })).toEqual([])
  })
})
