import { EntityTable } from '../correlate/entity-table.ts'
import { type Action, isRevoking, overStates, sessionOf } from './action.ts'
import type { Effect } from './effect.ts'
import { InForce, type Standing } from './in-force.ts'
import { Incidents } from './incidents.ts'
import { Outbox } from './outbox.ts'
import { Pages } from './pages.ts'
import type { ActionRow, ActionState } from './rows.ts'

export interface LedgerDeps {
  readonly onEffect: (effect: Effect) => void
  readonly onChange: (action: Action) => void
  /** The flag of a session begins or ends to be in force. */
  readonly onFlag: (sessionId: string, change: 1 | -1) => void
  /** How far the revocations of a session are. */
  readonly onStanding: (sessionId: string, standing: Standing) => void
}

export interface Step {
  readonly detail: string
  readonly timeMs: number
}

/** Actions and how far each is; whatever changes one goes through here, so that all that is derived from it stays right. */
export class Ledger {
  readonly table = new EntityTable<Action>('actions')
  readonly inForce = new InForce()
  readonly incidents = new Incidents()
  readonly outbox: Outbox
  readonly pages: Pages
  readonly #deps: LedgerDeps

  constructor(deps: LedgerDeps) {
    this.#deps = deps
    const touch = (action: Action): void => this.table.touch(action.row.id, action)
    this.outbox = new Outbox({ onEffect: deps.onEffect, touch })
    this.pages = new Pages({ incidents: this.incidents, outbox: this.outbox, touch })
  }

  /** Completes what was loaded from a snapshot. */
  reindex(): void {
    for (const action of this.table.values()) {
      this.inForce.update(action)
      this.incidents.add(action)
      this.outbox.adopt(action)
      this.pages.adopt(action)
    }
  }

  add(action: Action): Action {
    this.table.add(action.row.id, action)
    this.incidents.add(action)
    return action
  }

  /** Forgets actions that are over and that nothing asked for lately; one that is in force is kept. */
  expire(beforeMs: number): void {
    for (const [id, action] of this.table.entries()) {
      if (action.askedMs >= beforeMs || !overStates.has(action.row.state) || action.outgoing.length > 0) continue
      this.incidents.delete(action)
      this.table.delete(id)
    }
  }

  /** The lever is about to be told. */
  send(action: Action): void {
    this.inForce.update(action)
    this.outbox.add(action, 'apply')
    if (action.revocation !== null) this.#tellStanding(action.row.target)
  }

  advance(action: Action, state: ActionState, { detail, timeMs }: Step): void {
    if (action.row.state === state && action.row.transitions.length > 0) return
    this.note(action, state, { detail, timeMs })
    this.inForce.update(action)
    if (action.revocation !== null) this.#tellStanding(action.row.target)
    if (action.row.kind === 'flag' && state === 'enforced') this.#deps.onFlag(sessionOf(action.row.target), 1)
  }

  /** Adds a line to what happened, even where the state stays. */
  note(action: Action, state: ActionState, { detail, timeMs }: Step): void {
    this.change(action, { state, transitions: [...action.row.transitions, { state, timeMs, detail }] })
    if (isRevoking(action.row.kind)) this.pages.onResponse(action.row.incidentId)
  }

  /** Takes back what was sent, or keeps it from being sent. */
  end(action: Action, state: 'undone' | 'expired' | 'refused', step: Step): void {
    const wasFlag = action.row.kind === 'flag' && action.row.state === 'enforced'
    this.advance(action, state, step)
    this.pages.close(action, step.detail)
    if (wasFlag) this.#deps.onFlag(sessionOf(action.row.target), -1)
    // A flag is a state of the session and was taken back right here.
    if (action.isSent && action.row.kind !== 'flag') this.outbox.add(action, 'lift')
    else this.outbox.drop(action)
  }

  change(action: Action, change: Partial<ActionRow>): void {
    this.table.touch(action.row.id, action)
    action.row = { ...action.row, ...change }
    this.#deps.onChange(action)
  }

  #tellStanding(target: string): void {
    const sessionId = sessionOf(target)
    if (sessionId !== '') this.#deps.onStanding(sessionId, this.inForce.standingOf(sessionId))
  }
}
