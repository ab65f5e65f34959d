import type { Decision } from '../event/event.ts'
import type { Action } from './action.ts'
import type { ActionState } from './rows.ts'

/** A call as far as it says whether a revocation works. */
export interface JudgedCall {
  readonly id: string
  readonly timeMs: number
  readonly decision: Decision
  /** Nothing can turn its allow into a deny any more. */
  readonly isFinal: boolean
  /** Who denied it and by which policy; `''` if nobody did. */
  readonly deniedBy: string
  readonly policyId: string
  /** What ties it to the session, and how certainly. */
  readonly basis: string
  readonly confidenceMilli: number
}

export interface Judgement {
  readonly state: Extract<ActionState, 'verified' | 'unconfirmed'>
  readonly detail: string
  readonly isEscape: boolean
}

const inForce: ReadonlySet<ActionState> = new Set(['accepted', 'enforced', 'verified', 'unconfirmed'])

/**
 * What a call says of a revocation in force: a deny after it verifies; an allow after it and the lever's delay, once nothing
 * can turn it into a deny any more, means that the lever does not hold.
 */
export const judgeCall = (action: Action, call: JudgedCall, leverDelayMs: number): Judgement | null => {
  const { row } = action
  if (!inForce.has(row.state) || action.isEscaped) return null
  const isYes = (state: ActionState): boolean => state === 'accepted' || state === 'enforced'
  const enforcedMs = row.transitions.findLast(({ state }) => isYes(state))?.timeMs ?? 0
  if (call.decision === 'deny') return row.state === 'verified' ? null : verdictOfDeny(row.id, call, enforcedMs)
  const isAllow = call.decision === 'allow' || call.decision === 'modify'
  if (!isAllow || !call.isFinal || call.timeMs <= enforcedMs + leverDelayMs) return null
  return { state: 'unconfirmed', detail: `call ${call.id} was allowed after it`, isEscape: true }
}

const verdictOfDeny = (id: string, call: JudgedCall, enforcedMs: number): Judgement | null => {
  const isByIt = call.policyId === id
  // A call that was denied before, for reasons of its own, proves nothing.
  if (!isByIt && call.timeMs < enforcedMs) return null
  const confidence = isByIt ? 1 : call.confidenceMilli / 1000
  const tie = isByIt ? 'this action' : call.basis.replaceAll('_', ' ')
  const detail = `call ${call.id} was denied by ${call.deniedBy}, tied to it by ${tie}, confidence ${confidence}`
  return { state: 'verified', detail, isEscape: false }
}
