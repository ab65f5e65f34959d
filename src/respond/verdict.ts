import type { Action } from './action.ts'
import { type Asker, dryReason } from './asker.ts'
import type { Policy } from './policy.ts'
import type { Load, ResponseGate } from './response-gate.ts'
import { isNamedIn, type SessionSubject } from './session-subject.ts'

export interface VerdictDeps {
  readonly gate: ResponseGate
  readonly policy: Policy
  readonly load: () => Load
}

export interface Proposal {
  readonly action: Action
  readonly asker: Asker
  readonly subject: SessionSubject
  readonly tickMs: number
  readonly isEnforcing: boolean
}

/** What becomes of a proposed action: it is sent, or it ends at once for a reason that is kept. */
export type Verdict =
  | { readonly kind: 'send' }
  | { readonly kind: 'dryRun'; readonly detail: string }
  | { readonly kind: 'refused'; readonly detail: string }

export const judgeProposal = (proposal: Proposal, deps: VerdictDeps): Verdict => {
  const { asker, isEnforcing, action } = proposal
  const objection = objectionTo(proposal, deps)
  const dry = dryReason(asker, isEnforcing || action.row.kind === 'flag')
  if (dry !== null) {
    const also = objection === null ? '' : `; it would be refused: ${objection}`
    return { kind: 'dryRun', detail: dry + also }
  }
  return objection === null ? { kind: 'send' } : { kind: 'refused', detail: objection }
}

/** Nobody is called twice in a row by one rule about one agent. */
export const pageQuietKey = (lever: string, { by }: Asker, subject: SessionSubject): string =>
  `page:${lever}:${by}:${whoOf(subject)}`

/** Rules leave an agent alone for a while that somebody gave back its access. */
export const restoredKey = (subject: SessionSubject): string => `restored:${whoOf(subject)}`

const whoOf = ({ agentId, userId, sessionId }: SessionSubject): string => agentId || userId || sessionId

const objectionTo = (proposal: Proposal, deps: VerdictDeps): string | null => {
  const { kind } = proposal.action.row
  // A flag stays within agenttrail and harms nobody.
  if (kind === 'flag') return null
  const paused = deps.gate.pauseObjection()
  if (paused !== null) return paused
  return kind === 'page' ? objectionToPage(proposal, deps) : objectionToRevocation(proposal, deps)
}

const objectionToPage = ({ action, asker, subject, tickMs }: Proposal, { gate }: VerdictDeps): string | null => {
  if (action.row.lever === '') return 'nobody to page is configured'
  const key = pageQuietKey(action.row.lever, asker, subject)
  if (asker.alarm?.severity !== 'critical' && gate.isQuiet({ key, incidentId: asker.incidentId }, tickMs)) {
    return 'somebody was paged about this rule and agent a short while ago'
  }
  return gate.pageObjection(tickMs)
}

const objectionToRevocation = (proposal: Proposal, { gate, policy, load }: VerdictDeps): string | null => {
  const { action, asker, subject, tickMs } = proposal
  if (action.revocation === null || action.revocation.keys.length === 0) return noGripReason(policy)
  const protection = gate.protection(subject)
  if (protection !== null || asker.findingId === '') return protection
  return ruleObjection(subject, policy) ?? restoredObjection(gate, subject, tickMs) ?? gate.capObjection(tickMs, load)
}

const noGripReason = ({ levers }: Policy): string =>
  levers.length === 0
    ? 'no lever is configured'
    : 'nothing but its user tells its requests from others, and a whole user is not revoked for one session'

const ruleObjection = (subject: SessionSubject, { only, confidenceMilliMin }: Policy): string | null => {
  if (only.length > 0 && !isNamedIn(subject, only)) return 'neither the agent nor its user is one that rules may revoke'
  return subject.confidenceMilli < confidenceMilliMin
    ? `its calls belong together with confidence ${subject.confidenceMilli / 1000} only, and ${confidenceMilliMin / 1000} is asked for`
    : null
}

const restoredObjection = (gate: ResponseGate, subject: SessionSubject, tickMs: number): string | null =>
  gate.isQuiet({ key: restoredKey(subject), incidentId: '' }, tickMs) ? 'somebody restored it a short while ago' : null
