import type { Action } from './action.ts'
import type { Operation, Outgoing } from './effect.ts'
import type { Ledger, Step } from './ledger.ts'
import type { ResponseGate } from './response-gate.ts'
import type { ActionState } from './rows.ts'

/** What the dispatcher says of an effect. */
export interface Receipt {
  readonly actionId: string
  readonly effectKey: string
  readonly state: 'requested' | 'accepted' | 'enforced' | 'failed' | 'evidenced'
  readonly detail: string
  readonly ownerId: string
}

/** An effect that was given up. */
export interface FailedEffect {
  readonly action: Action
  readonly operation: Operation
  readonly detail: string
}

export interface ReceiptDeps {
  readonly ledger: Ledger
  readonly gate: ResponseGate
  readonly timeMs: number
}

/** How far an action is; a receipt that says less comes late. */
const progress: Partial<Record<ActionState, number>> = { proposed: 0, requested: 1, accepted: 2, enforced: 3 }

const progressOf = (state: ActionState): number => progress[state] ?? 9

/** Brings an action as far as the receipt says. Returns the effect if it was given up, so that something else is done. */
export const takeReceipt = (receipt: Receipt, deps: ReceiptDeps): FailedEffect | null => {
  const action = deps.ledger.table.get(receipt.actionId)
  if (action === undefined) return null
  if (receipt.state === 'evidenced') {
    deps.ledger.change(action, { isEvidencePending: false })
    return null
  }
  // An answer to something that was taken back meanwhile changes nothing.
  const outgoing = action.outgoing.find(({ key }) => key === receipt.effectKey)
  if (outgoing === undefined) return null
  if (receipt.state === 'requested') {
    onRequested(action, outgoing, receipt, deps)
    return null
  }
  deps.ledger.outbox.answered(action, outgoing)
  const answer = { operation: outgoing.operation, state: receipt.state, detail: receipt.detail }
  return onAnswer(action, answer, deps) ? null : onGivenUp(action, outgoing, receipt.detail, deps)
}

/** Nothing is sent before this was read back: what was decided meanwhile counts. */
const onRequested = (action: Action, outgoing: Outgoing, { ownerId }: Receipt, deps: ReceiptDeps): void => {
  const { ledger, gate, timeMs } = deps
  const paused = outgoing.operation === 'apply' && action.row.kind !== 'flag' ? gate.pauseObjection() : null
  if (paused !== null && progressOf(action.row.state) > progressOf('requested')) {
    // More ids of a session, or more words of a page: what was done before stays.
    ledger.outbox.answered(action, outgoing)
    return
  }
  if (paused !== null) {
    ledger.end(action, 'refused', { detail: paused, timeMs })
    return
  }
  ledger.outbox.requested(action, outgoing, ownerId)
  if (outgoing.operation !== 'apply') return
  action.isSent = true
  if (action.row.state === 'proposed') ledger.advance(action, 'requested', { detail: '', timeMs })
}

interface Answer {
  readonly operation: Operation
  readonly state: 'accepted' | 'enforced' | 'failed'
  readonly detail: string
}

/** False where the effect was given up. */
const onAnswer = (action: Action, { operation, state, detail }: Answer, { ledger, timeMs }: ReceiptDeps): boolean => {
  if (state === 'failed') return operation === 'preview'
  const step: Step = { detail, timeMs }
  if (operation === 'apply') {
    action.isSent = true
    if (progressOf(state) > progressOf(action.row.state)) ledger.advance(action, state, step)
    return true
  }
  if (operation === 'lift') action.isSent = false
  // The state stays; what the lever said is part of what happened.
  ledger.note(action, action.row.state, step)
  return true
}

const onGivenUp = (action: Action, outgoing: Outgoing, detail: string, deps: ReceiptDeps): FailedEffect | null => {
  const { ledger, timeMs } = deps
  const failed = { action, operation: outgoing.operation, detail }
  if (outgoing.operation === 'lift') {
    const isFirst = !action.row.transitions.at(-1)?.detail.startsWith(notLifted)
    ledger.outbox.postpone(action, outgoing, timeMs)
    if (!isFirst) return null
    ledger.note(action, action.row.state, { detail: `${notLifted}, it is tried again: ${detail}`, timeMs })
    return failed
  }
  if (progressOf(action.row.state) > progressOf('requested')) return null
  ledger.advance(action, 'failed', { detail, timeMs })
  return failed
}

const notLifted = 'it could not be taken back yet'
