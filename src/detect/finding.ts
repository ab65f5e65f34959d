import { hash } from 'node:crypto'
import { type Entity, fresh } from '../correlate/entity-table.ts'
import { describeMatch } from './describe-match.ts'
import type { Match } from './match.ts'
import type { Explanation, FindingRow, FindingState, Severity, TriageStatus } from './rows.ts'
import type { Rule } from './rule.ts'

/** A finding names at most this many calls, the newest ones; its explanation counts all. */
const findingCallsMax = 200

/** A rule's claim while the analyser still knows it. Plain data. */
export interface Finding extends Entity {
  readonly id: string
  readonly realm: string
  readonly ruleId: string
  readonly ruleTitle: string
  readonly subjectKey: string
  readonly bucket: number
  readonly response: Rule['response']
  /** Of a rule that only shows what it would have done. */
  readonly isShadow: boolean
  /** Of a rule that may revoke while its findings are provisional. */
  readonly isEager: boolean
  severity: Severity
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
  rule: Rule,
  match: Match,
  options: { readonly subjectKey: string; readonly incidentId: string; readonly tickMs: number },
): Finding => ({
  ...fresh,
  id: findingId(options.subjectKey, match.bucket),
  realm: match.completing.realm,
  ruleId: rule.id,
  ruleTitle: rule.title,
  subjectKey: options.subjectKey,
  bucket: match.bucket,
  response: rule.response,
  isShadow: rule.state === 'shadow',
  isEager: rule.isEager,
  incidentId: options.incidentId,
  state: 'provisional',
  status: 'open',
  note: '',
  actions: [],
  firedMs: options.tickMs,
  written: null,
  ...claimOf(rule, match),
})

/** What a match proves now. */
export type Claim = Pick<
  Finding,
  'timeUs' | 'severity' | 'agentId' | 'userId' | 'userEmail' | 'sessionIds' | 'calls' | 'explanation'
>

export const claimOf = (rule: Rule, match: Match): Claim => {
  const { completing, hits } = match
  const calls = new Set(hits.flatMap((hit) => [...hit.proof, hit.id]))
  return {
    timeUs: completing.timeUs,
    severity: match.severity,
    agentId: completing.agentId,
    userId: completing.userId,
    userEmail: completing.userEmail,
    sessionIds: [...new Set([completing, ...[...hits].reverse()].map((hit) => hit.sessionId))].filter(
      (id) => id !== '',
    ),
    calls: [...calls].slice(-findingCallsMax),
    explanation: describeMatch(rule, match),
  }
}

/** Whether a finding already makes a claim. */
export const claims = (finding: Finding, claim: Claim): boolean =>
  finding.timeUs === claim.timeUs &&
  finding.severity === claim.severity &&
  finding.explanation.text === claim.explanation.text &&
  isSameList(finding.calls, claim.calls) &&
  isSameList(finding.sessionIds, claim.sessionIds)

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((item, at) => item === b[at])

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
  isShadow: finding.isShadow,
  status: finding.status,
  note: finding.note,
  actions: finding.actions,
  isLate: false,
  firstWrittenMs: finding.written?.firstWrittenMs ?? tickMs,
  version,
})
