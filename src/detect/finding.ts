import { hash } from 'node:crypto'
import { type Entity, fresh } from '../correlate/entity-table.ts'
import type { Match } from './count-window.ts'
import type { Explanation, FindingRow, FindingState, Severity, TriageStatus } from './rows.ts'
import type { CallFact, CountRule } from './rule.ts'

/** A finding names at most this many calls, the newest ones; its explanation counts all. */
const findingCallsMax = 200

/** A rule's claim while the analyser still knows it. Plain data. */
export interface Finding extends Entity {
  readonly id: string
  readonly realm: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly severity: Severity
  readonly subjectKey: string
  readonly bucket: number
  readonly response: CountRule['response']
  incidentId: string
  timeUs: number
  state: FindingState
  agentId: string
  userId: string
  userEmail: string
  sessionIds: readonly string[]
  calls: readonly string[]
  explanation: Explanation
  status: TriageStatus
  note: string
  actions: readonly string[]
  firedMs: number
  written: FindingRow | null
}

/** `DESIGN.md` §2: rule + agent + principal + time bucket. */
export const findingId = (subjectKey: string, bucket: number): string =>
  `f-${hash('sha256', `${subjectKey}\u0000${bucket}`, 'base64url').slice(0, 22)}`

export const createFinding = (
  rule: CountRule,
  match: Match,
  options: { readonly subjectKey: string; readonly incidentId: string; readonly tickMs: number },
): Finding => {
  const finding: Finding = {
    ...fresh,
    id: findingId(options.subjectKey, match.bucket),
    realm: match.calls[0]?.realm ?? '',
    ruleId: rule.id,
    ruleTitle: rule.title,
    severity: rule.severity,
    subjectKey: options.subjectKey,
    bucket: match.bucket,
    response: rule.response,
    incidentId: options.incidentId,
    timeUs: 0,
    state: 'provisional',
    agentId: '',
    userId: '',
    userEmail: '',
    sessionIds: [],
    calls: [],
    explanation: { text: '', thresholds: {}, observed: {} },
    status: 'open',
    note: '',
    actions: [],
    firedMs: options.tickMs,
    written: null,
  }
  describe(finding, rule, match)
  return finding
}

/** Takes over what a match proves now. */
export const describe = (finding: Finding, rule: CountRule, match: Match): void => {
  const completing = match.calls.at(-1) as CallFact
  finding.timeUs = completing.timeUs
  finding.agentId = completing.agentId
  finding.userId = completing.userId
  finding.userEmail = completing.userEmail
  finding.calls = match.calls.slice(-findingCallsMax).map((call) => call.id)
  finding.sessionIds = [...new Set([...match.calls].reverse().map((call) => call.sessionId))].filter((id) => id !== '')
  finding.explanation = rule.explain(match.calls)
}

export const findingRow = (finding: Finding, version: number, tickMs: number): FindingRow => ({
  id: finding.id,
  incidentId: finding.incidentId,
  realm: finding.realm,
  ruleId: finding.ruleId,
  ruleTitle: finding.ruleTitle,
  severity: finding.severity,
  timeUs: finding.timeUs,
  state: finding.state,
  agentId: finding.agentId,
  userId: finding.userId,
  userEmail: finding.userEmail,
  sessionIds: finding.sessionIds,
  calls: finding.calls,
  explanation: finding.explanation,
  isShadow: false,
  status: finding.status,
  note: finding.note,
  actions: finding.actions,
  isLate: false,
  firstWrittenMs: finding.written?.firstWrittenMs ?? tickMs,
  version,
})
