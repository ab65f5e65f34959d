import type { CallFact } from '../src/detect/call-fact.ts'
import { Detector } from '../src/detect/detector.ts'
import type { Rule } from '../src/detect/rule.ts'

const callsPerTurn = 2_000
/** So many turns after it came, a call is final. */
const turnsUntilFinal = 10

/** CPU microseconds per call of detectors with different rules, each alone, over the same calls in turns. */
export const measureDetectors = (
  rulesByName: ReadonlyMap<string, readonly Rule[]>,
  calls: readonly CallFact[],
): ReadonlyMap<string, number> => {
  const ordered = [...calls].sort((a, b) => a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1))
  const turns = Math.ceil(ordered.length / callsPerTurn)
  const turnOf = (at: number): readonly CallFact[] => ordered.slice(at * callsPerTurn, (at + 1) * callsPerTurn)
  const subjects = [...rulesByName].map(([name, rules]) => {
    const detector = new Detector({ onFinding: () => undefined })
    detector.setRules(rules)
    return { name, detector, cpuMicros: 0 }
  })
  for (let at = 0; at < turns; at += 1) {
    const turn = { coming: turnOf(at), leaving: at < turnsUntilFinal ? [] : turnOf(at - turnsUntilFinal) }
    for (const subject of subjects) subject.cpuMicros += microsOf(subject.detector, turn)
  }
  return new Map(subjects.map(({ name, cpuMicros }) => [name, cpuMicros / ordered.length]))
}

const microsOf = (
  detector: Detector,
  { coming, leaving }: { readonly coming: readonly CallFact[]; readonly leaving: readonly CallFact[] },
): number => {
  const before = process.cpuUsage()
  for (const call of coming) detector.onCall(call)
  for (const call of leaving) detector.onFinal(call.id)
  const tickMs = Math.floor((coming.at(-1)?.timeUs ?? 0) / 1_000)
  detector.settle({ tickMs, finalThroughUs: leaving.at(-1)?.timeUs ?? 0 })
  const used = process.cpuUsage(before)
  return used.user + used.system
}
