import { factFields } from '../../src/detect/call-fields.ts'
import { createFinding, type Finding } from '../../src/detect/finding.ts'
import { createHits, nodesOf } from '../../src/detect/rule-node.ts'
import { Actions } from '../../src/respond/actions.ts'
import type { Effect } from '../../src/respond/effect.ts'
import type { JudgedCall } from '../../src/respond/judge-call.ts'
import { noSubject, type SessionSubject } from '../../src/respond/session-subject.ts'
import { makeFact } from './call-facts.ts'
import { ruleOf, shippedRule } from './rules.ts'

const denyBurst = ruleOf(shippedRule('deny-burst').text)
const { hitFields } = nodesOf([denyBurst], factFields)

export const makeFinding = (subjectKey: string, incidentId: string): Finding => {
  const hits = Array.from({ length: 10 }, (_, at) => createHits(makeFact({ timeUs: at }), hitFields)(1))
  const match = { bucket: 0, hits, completing: hits[9] as (typeof hits)[number], value: 10, severity: 'high' } as const
  return createFinding(denyBurst, match, { subjectKey, incidentId, tickMs: 1 })
}

export const sampleSubject: SessionSubject = {
  ...noSubject,
  sessionId: 's1',
  userId: 'mira',
  mcpSessionIds: ['hmac:k:1'],
}

/** Actions with everything around them, and what a test does to them. */
export const makeActions = (known: SessionSubject | null = sampleSubject) => {
  let session = known
  const effects: Effect[] = []
  const flags: (readonly [string, number])[] = []
  const standings: string[] = []
  const actions = new Actions({
    onEffect: (effect) => effects.push(effect),
    onChange: () => undefined,
    onFlag: (sessionId, change) => flags.push([sessionId, change]),
    onStanding: (_sessionId, standing) => standings.push(standing),
    subjectOf: (sessionId) => (sessionId === 's1' ? session : null),
    activeSessions: () => 100,
  })
  const find = (finding: Finding, isEnforcing = false): void => {
    finding.actions = actions.onFinding(finding, { tickMs: 1, isEnforcing })
  }
  const withdraw = (finding: Finding): void => {
    finding.state = 'withdrawn'
    find(finding)
  }
  const answer = (effect: Effect | undefined, state: 'requested' | 'accepted' | 'enforced' | 'failed'): void =>
    actions.onReceipt(
      { actionId: effect?.actionId ?? '', effectKey: effect?.key ?? '', state, detail: '', ownerId: 'owner-1' },
      { tickMs: 2, isEnforcing: true },
    )
  const states = () => [...actions.table.values()].map(({ row }) => `${row.kind} ${row.state}`)
  const details = (kind: string) =>
    [...actions.table.values()].find(({ row }) => row.kind === kind)?.row.transitions.at(-1)?.detail
  const judge = (call: Partial<JudgedCall>): void => {
    const usual = { id: 'c1', timeMs: 5_000, decision: 'deny', isFinal: false, deniedBy: 'kong', policyId: '' } as const
    const judged = { ...usual, basis: 'mcp_session', confidenceMilli: 900, ...call }
    actions.onCall(judged, ['session:s1', 'agent:agent-1'], { tickMs: 6_000, isEnforcing: true })
  }
  /** A hold that is in force since time 2. */
  const hold = () => {
    const finding = makeFinding('a', 'i')
    find(finding, true)
    answer(effects[1], 'enforced')
    return finding
  }
  const become = (change: Partial<SessionSubject>): void => {
    session = { ...sampleSubject, ...change }
  }
  const page = () => effects.findLast(({ kind }) => kind === 'page')?.page
  return { page, become, actions, effects, flags, standings, find, withdraw, answer, states, details, judge, hold }
}
