import { describe, expect, it } from 'vitest'
import { Detector } from '../../../src/detect/detector.ts'
import type { CallFact, CountRule } from '../../../src/detect/rule.ts'
import { makeFact } from '../../fakes/call-facts.ts'

const rule: CountRule = {
  id: 'three-denies',
  title: 'Three denies',
  severity: 'high',
  timespanUs: 100,
  countMin: 3,
  selects: (call) => call.decision === 'deny',
  explain: (calls) => ({ text: `${calls.length} denies`, thresholds: {}, observed: { denies: calls.length } }),
  response: ['flag'],
}

const makeDetector = () => {
  const raised: string[] = []
  const detector = new Detector({
    rules: [rule],
    onFinding: (finding) => raised.push(`${finding.bucket} ${finding.state}`),
  })
  const see = (...calls: readonly CallFact[]): void => {
    for (const call of calls) detector.onCall(call)
    detector.settle(1)
  }
  const finalise = (...calls: readonly CallFact[]): void => {
    for (const call of calls) detector.onFinal(call)
    detector.settle(2)
  }
  return { detector, raised, see, finalise, findings: () => [...detector.findings.values()] }
}

const denies = (...times: number[]) => times.map((timeUs) => makeFact({ timeUs }))

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

  it('stays quiet below the count, for calls it does not select and across agents and principals', () => {
    const { raised, see } = makeDetector()
    see(...denies(10, 20))
    see(makeFact({ timeUs: 30, decision: 'allow' }))
    see(makeFact({ timeUs: 30, agentId: 'agent-2' }), makeFact({ timeUs: 30, userId: 'jonas' }))
    expect(raised).toEqual([])
  })

  it('withdraws a provisional finding when a call turns out otherwise or goes', () => {
    for (const change of ['allowed', 'gone'] as const) {
      const { detector, raised, see } = makeDetector()
      const calls = denies(10, 20, 30)
      see(...calls)
      const id = calls[1]?.id ?? ''
      if (change === 'gone') detector.onGone(id)
      else detector.onCall(makeFact({ id, timeUs: 20, decision: 'allow' }))
      detector.settle(2)
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
      of.findings().map(({ id, state, calls: proof, incidentId }) => ({ id, state, proof, incidentId }))
    expect(
      told(reversed)
        .filter(({ state }) => state === 'final')
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    ).toEqual(told(inOrder).sort((a, b) => (a.id < b.id ? -1 : 1)))
    expect(told(inOrder)).toHaveLength(2)
  })

  it('makes findings of adjacent buckets one incident, and of others not', () => {
    const { see, findings } = makeDetector()
    see(...denies(10, 20, 30))
    see(...denies(110, 120, 130))
    see(...denies(310, 320, 330))
    const [first, second, apart] = findings()
    expect(second?.incidentId).toBe(first?.id)
    expect(apart?.incidentId).toBe(apart?.id)
  })

  it('forgets a window only when no call can fall into it any more', () => {
    const { detector, see, finalise } = makeDetector()
    const calls = denies(10)
    see(...calls)
    finalise(...calls)
    detector.expire({ finalThroughUs: 210, findingsBeforeMs: 0 })
    expect(detector.watches.size).toBe(1)
    detector.expire({ finalThroughUs: 211, findingsBeforeMs: 0 })
    expect(detector.watches.size).toBe(0)
  })
})
