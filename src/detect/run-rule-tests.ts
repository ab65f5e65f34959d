import type { CallFact } from './call-fact.ts'
import { factFields } from './call-fields.ts'
import { Detector } from './detector.ts'
import type { Finding } from './finding.ts'
import { severityRank } from './match.ts'
import type { Rule, RuleTest } from './rule.ts'
import type { EventFields } from './sigma/compile-condition.ts'
import { readTestCalls } from './test-calls.ts'

export interface RuleTestResult {
  readonly name: string
  readonly expects: 'fires' | 'quiet'
  /** What went wrong; null if the rule did what the test asks for. */
  readonly failure: string | null
}

/** Runs the tests of a rule. */
export const runRuleTests = (rule: Rule): readonly RuleTestResult[] => [
  ...rule.tests.fires.map((test) => ({
    name: test.name,
    expects: 'fires' as const,
    failure: firesFailure(rule, test),
  })),
  ...rule.tests.quiet.map((test) => ({
    name: test.name,
    expects: 'quiet' as const,
    failure: quietFailure(rule, test),
  })),
]

const firesFailure = (rule: Rule, test: RuleTest): string | null => {
  const { calls, problems } = readTestCalls(test.calls, rule.tools)
  if (problems.length > 0) return problems.join('; ')
  const findings = findingsOf(rule, calls)
  if (findings.length === 0) return 'found nothing'
  if (test.findings !== null && findings.length !== test.findings) {
    return `${findings.length} findings instead of ${test.findings}`
  }
  const [worst] = [...findings].sort((a, b) => severityRank(b.severity) - severityRank(a.severity))
  const isAsWanted = test.severity === null || worst?.severity === test.severity
  return isAsWanted ? null : `${worst?.severity} instead of ${test.severity}`
}

const quietFailure = (rule: Rule, test: RuleTest): string | null => {
  const { calls, problems } = readTestCalls(test.calls, rule.tools)
  if (problems.length > 0) return problems.join('; ')
  const [finding] = findingsOf(rule, calls)
  return finding === undefined ? null : `found: ${finding.explanation.text}`
}

/** Calls become final this long after them, as they do behind sources that are prompt. */
const latenessUs = 120_000_000
/** So far after the last call that every window is over. */
const afterEndUs = 400 * 86_400_000_000

/** The final findings of one rule over calls in order, as the stream comes to them. */
export const findingsOf = (
  rule: Rule,
  calls: readonly CallFact[],
  fields: EventFields<CallFact> = factFields,
): readonly Finding[] => {
  const detector = new Detector({ onFinding: () => undefined, fields })
  detector.setRules([{ ...rule, state: 'active' }])
  let settled = 0
  const settleThrough = (finalThroughUs: number): void => {
    for (; (calls[settled]?.timeUs ?? Number.POSITIVE_INFINITY) <= finalThroughUs; settled += 1) {
      detector.onFinal((calls[settled] as CallFact).id)
    }
    detector.settle({ tickMs: Math.floor(finalThroughUs / 1000), finalThroughUs })
  }
  let settledUs = Number.NEGATIVE_INFINITY
  for (const call of calls) {
    // Half a bound at a time: live and final calls meet in every evaluation.
    if (call.timeUs - latenessUs > settledUs + latenessUs / 2) {
      settledUs = call.timeUs - latenessUs
      settleThrough(settledUs)
    }
    detector.onCall(call)
  }
  settleThrough((calls.at(-1)?.timeUs ?? 0) + afterEndUs)
  return [...detector.findings.values()].filter((finding) => finding.state === 'final')
}
