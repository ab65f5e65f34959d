import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CallFact } from '../../../src/detect/call-fact.ts'
import { Detector } from '../../../src/detect/detector.ts'
import { parseRules } from '../../../src/detect/parse-rules.ts'
import type { Rule } from '../../../src/detect/rule.ts'
import { makeFact } from '../../fakes/call-facts.ts'
import { shippedRules } from '../../fakes/rules.ts'

const second = 1_000_000
const { rules } = parseRules(shippedRules())
/** So that three quarters of an hour of calls show something: fewer hours to learn from, and no week to wait. */
const impatient = rules.map((rule): Rule => {
  const { correlation } = rule
  if (correlation.logic.kind === 'newValue') {
    return { ...rule, correlation: { ...correlation, logic: { ...correlation.logic, warmUpUs: 300 * second } } }
  }
  if (correlation.logic.kind !== 'baseline') return rule
  const logic = { ...correlation.logic, bucketsMin: 2, deviations: 1, bounds: [] }
  return { ...rule, correlation: { ...correlation, timespanUs: 300 * second, logic } }
})

const callArbitrary = fc.record({
  atSecond: fc.integer({ min: 0, max: 2_700 }),
  agentId: fc.constantFrom('agent-1', 'agent-2'),
  userId: fc.constantFrom('mira', 'jonas'),
  tool: fc.constantFrom(
    'delete_branch',
    'send_email',
    'get_secret',
    'get_item',
    'run_command',
    'list_issues',
    'fetch_url',
  ),
  server: fc.constantFrom('one', 'two', 'three'),
  decision: fc.constantFrom('deny', 'deny', 'allow', 'escalate'),
  decisionSource: fc.constantFrom('', 'policy', 'guardrail', 'authn'),
  mcpSessionId: fc.constantFrom('', 'hmac:k:1', 'hmac:k:2'),
  authSessionId: fc.constantFrom('login-1', 'login-2'),
  clientAddress: fc.constantFrom('192.0.2.1', '198.51.100.7'),
  userAgent: fc.constantFrom('client/1', 'curl/8'),
  traceId: fc.constantFrom('', 'trace-1', 'trace-2'),
  outcome: fc.constantFrom('success', 'tool_error'),
  disagreements: fc.constantFrom([], [], ['request_not_parsed_by_proxy'], ['reached_upstream_after_deny']),
  layer: fc.constantFrom('proxy', 'gateway', 'trace'),
})

const callsArbitrary = fc.array(callArbitrary, { minLength: 20, maxLength: 150 }).map((parts): readonly CallFact[] =>
  parts
    .map(({ atSecond, layer, ...part }, at) =>
      makeFact({
        ...part,
        id: `call-${String(at).padStart(4, '0')}`,
        timeUs: atSecond * second,
        layers: [
          {
            layer,
            product: '',
            kind: 'decision',
            decision: 'allow',
            basis: 'explicit',
            source: '',
            reasons: [],
            policyId: '',
            eventId: '',
            timeUs: 0,
            durationUs: null,
          },
        ],
      } as Parameters<typeof makeFact>[0]),
    )
    .sort((a, b) => a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1)),
)

interface Delivery {
  /** In what order the calls arrive, each at most this far behind its time. */
  readonly latenessUs: number
  readonly delayOf: (at: number) => number
}

const resultOf = (calls: readonly CallFact[], { latenessUs, delayOf }: Delivery): readonly string[] => {
  const detector = new Detector({ onFinding: () => undefined })
  detector.setRules(impatient)
  const arrivals = calls
    .map((call, at) => ({ call, atUs: call.timeUs + (delayOf(at) % latenessUs) }))
    .sort((a, b) => a.atUs - b.atUs)
  let settled = 0
  const settle = (finalThroughUs: number): void => {
    for (; (calls[settled]?.timeUs ?? Number.POSITIVE_INFINITY) <= finalThroughUs; settled += 1) {
      detector.onFinal((calls[settled] as CallFact).id)
    }
    detector.settle({ tickMs: 0, finalThroughUs })
    detector.expire({ finalThroughUs, findingsBeforeMs: Number.NEGATIVE_INFINITY })
  }
  for (const { call, atUs } of arrivals) {
    settle(atUs - latenessUs)
    detector.onCall(call)
  }
  settle((calls.at(-1)?.timeUs ?? 0) + latenessUs)
  settle((calls.at(-1)?.timeUs ?? 0) + 86_400 * second)
  return [...detector.findings.values()]
    .filter((finding) => finding.state === 'final')
    .map(({ id, ruleId, incidentId, severity, timeUs, calls: proof, explanation }) =>
      JSON.stringify([ruleId, id, incidentId, severity, timeUs, proof, explanation.text]),
    )
    .sort()
}

/*
 * Goal: final findings of every shipped rule are a function of the set of calls.
 * Method: random calls, once all before the first becomes final, once as they come with random delays within the bound,
 * with windows folded and expired on the way; the same findings with the same proof and wording must come out.
 */
describe('every shipped rule', () => {
  it('ends in the same final findings whatever the order and the time of arrival', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(callsArbitrary, fc.array(fc.nat(), { minLength: 1, maxLength: 30 }), (calls, delays) => {
        const delayOf = (at: number): number => (delays[at % delays.length] ?? 0) * (at + 1)
        const atOnce = resultOf(calls, { latenessUs: 10_000 * second, delayOf: () => 0 })
        const asTheyCome = resultOf(calls, { latenessUs: 120 * second, delayOf })
        for (const finding of atOnce) seen.add(JSON.parse(finding)[0])
        expect(asTheyCome).toEqual(atOnce)
      }),
      { numRuns: 25, seed: 7 },
    )
    // The traffic is of use only if it sets off most rules.
    expect(seen.size).toBeGreaterThanOrEqual(15)
  })
})
