import { describe, expect, it } from 'vitest'
import type { CallFact } from '../../../src/detect/call-fact.ts'
import { Detector } from '../../../src/detect/detector.ts'
import type { Rule } from '../../../src/detect/rule.ts'
import { makeFact } from '../../fakes/call-facts.ts'
import { rulesOf } from '../../fakes/rules.ts'

const second = 1_000_000

const threeDenies = `
title: Three denies
name: three-denies
level: high
correlation:
  type: event_count
  rules: [denied]
  timespan: 100s
  condition: { gte: 3 }
---
title: Denied
name: denied
logsource: { category: agent_activity }
detection:
  selection: { decision: deny }
  condition: selection
`

const makeDetector = (text = threeDenies) => {
  const raised: string[] = []
  const detector = new Detector({ onFinding: (finding) => raised.push(`${finding.bucket} ${finding.state}`) })
  const setRules = (rules: readonly Rule[]): void => detector.setRules(rules)
  setRules(rulesOf(text))
  const moment = { tickMs: 1, finalThroughUs: Number.NEGATIVE_INFINITY }
  const see = (...calls: readonly CallFact[]): void => {
    for (const call of calls) detector.onCall(call)
    detector.settle(moment)
  }
  const finalise = (...calls: readonly CallFact[]): void => {
    for (const call of calls) detector.onFinal(call.id)
    detector.settle({ tickMs: 2, finalThroughUs: calls.at(-1)?.timeUs ?? 0 })
  }
  return { detector, raised, see, finalise, setRules, moment, findings: () => [...detector.findings.values()] }
}

const denies = (...times: number[]) => times.map((time) => makeFact({ timeUs: time * second }))

describe('Detector', () => {
  it('fires at once, and what it proved becomes final with its calls', () => {
    const { raised, see, finalise, findings } = makeDetector()
    const calls = denies(10, 20, 30)
    see(...calls)
    expect(raised).toEqual(['0 provisional'])
    finalise(...calls)
    expect(raised.at(-1)).toBe('0 final')
    expect(findings()).toHaveLength(1)
    expect(findings()[0]?.calls).toEqual(calls.map((call) => call.id))
  })

  it('says nothing twice', () => {
    const { raised, see } = makeDetector()
    see(...denies(10, 20, 30))
    see(...denies(40))
    see(makeFact({ timeUs: 50 * second, decision: 'allow' }))
    expect(raised).toEqual(['0 provisional'])
  })

  it('stays quiet below the count, for calls it does not select and across agents and principals', () => {
    const { raised, see } = makeDetector()
    see(...denies(10, 20))
    see(makeFact({ timeUs: 30 * second, decision: 'allow' }))
    see(makeFact({ timeUs: 30 * second, agentId: 'agent-2' }), makeFact({ timeUs: 30 * second, userId: 'jonas' }))
    expect(raised).toEqual([])
  })

  it('withdraws a provisional finding when a call turns out otherwise or goes', () => {
    for (const change of ['allowed', 'gone'] as const) {
      const { detector, raised, see, moment } = makeDetector()
      const calls = denies(10, 20, 30)
      see(...calls)
      const id = calls[1]?.id ?? ''
      if (change === 'gone') detector.onGone(id)
      else detector.onCall(makeFact({ id, timeUs: 20 * second, decision: 'allow' }))
      detector.settle(moment)
      expect(raised.at(-1)).toBe('0 withdrawn')
    }
  })

  it('gives the same findings whichever way the calls arrive', () => {
    const calls = denies(10, 20, 30, 110, 120, 130)
    const inOrder = makeDetector()
    for (const call of calls) inOrder.see(call)
    inOrder.finalise(...calls)
    const reversed = makeDetector()
    for (const call of [...calls].reverse()) reversed.see(call)
    reversed.finalise(...calls)
    const told = (of: typeof inOrder) =>
      of
        .findings()
        .filter(({ state }) => state === 'final')
        .map(({ id, calls: proof, incidentId }) => ({ id, proof, incidentId }))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
    expect(told(reversed)).toEqual(told(inOrder))
    expect(told(inOrder)).toHaveLength(2)
  })

  it('makes findings of adjacent buckets one incident, and of others not', () => {
    const { see, findings } = makeDetector()
    see(...denies(10, 20, 30))
    see(...denies(110, 120, 130))
    see(...denies(310, 320, 330))
    const [first, next, apart] = findings()
    expect(next?.incidentId).toBe(first?.id)
    expect(apart?.incidentId).toBe(apart?.id)
  })

  it('forgets a window only when no call can fall into it any more', () => {
    const ends = [
      { calls: denies(10), keptSeconds: 100 },
      // After a finding, the next bucket continues its incident.
      { calls: denies(8, 9, 10), keptSeconds: 200 },
    ]
    for (const { calls, keptSeconds } of ends) {
      const { detector, see, finalise } = makeDetector()
      see(...calls)
      finalise(...calls)
      detector.expire({ finalThroughUs: (10 + keptSeconds) * second, findingsBeforeMs: 0 })
      expect(detector.watches.size).toBe(1)
      detector.expire({ finalThroughUs: (10 + keptSeconds) * second + 1, findingsBeforeMs: 0 })
      expect(detector.watches.size).toBe(0)
    }
  })

  it('keeps the windows of a rule that is as it was, and withdraws what a changed one had not proved', () => {
    const kept = makeDetector()
    const calls = denies(10, 20)
    kept.see(...calls)
    kept.finalise(...calls)
    kept.setRules(rulesOf(threeDenies.replace('title: Three denies', 'title: Denied three times')))
    kept.see(...denies(30))
    expect(kept.raised).toEqual(['0 provisional'])

    const changed = makeDetector()
    const live = denies(10, 20, 30)
    changed.see(...live)
    changed.setRules(rulesOf(threeDenies.replace('gte: 3', 'gte: 4')))
    changed.see(...live)
    expect(changed.raised).toEqual(['0 provisional', '0 withdrawn'])
    changed.see(...denies(40))
    expect(changed.raised.at(-1)).toBe('0 provisional')
  })
})
