import { hash } from 'node:crypto'
import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'
import type { Finding } from '../detect/finding.ts'
import type { ActionKind, ActionRow, ActionState } from './rows.ts'

/** An action while the analyser still works on it. Plain data. */
export interface Action extends Entity {
  row: ActionRow
  /** Findings that ask for it and are not withdrawn. */
  supporters: string[]
  /** Tick at which a finding last asked for it. */
  askedMs: number
  written: ActionRow | null
}

/** What the dispatcher is asked to do. The key makes a repetition after a replay harmless. */
export interface Effect {
  readonly key: string
  readonly actionId: string
  readonly realm: string
  readonly kind: ActionKind
  readonly target: string
}

export interface ActionsDeps {
  readonly onEffect: (effect: Effect) => void
  readonly onChange: (action: Action) => void
  /** The flag of a session begins or ends to be in force. */
  readonly onFlag: (sessionId: string, change: 1 | -1) => void
}

export interface Receipt {
  readonly actionId: string
  readonly effectKey: string
  readonly state: 'requested' | 'accepted' | 'enforced' | 'failed' | 'evidenced'
  readonly detail: string
}

const receiptStates = { requested: 'requested', accepted: 'accepted', enforced: 'enforced', failed: 'failed' } as const

/** States in which nothing is under way or in force. */
const overStates: ReadonlySet<ActionState> = new Set(['dryRun', 'refused', 'failed', 'expired', 'undone'])

/** Findings → actions, each with its own state machine. Effects leave; receipts come back through the log. */
export class Actions {
  readonly table = new EntityTable<Action>('actions')
  readonly #deps: ActionsDeps

  constructor(deps: ActionsDeps) {
    this.#deps = deps
  }

  /** Proposes what the rule asks for, or takes back what a withdrawn finding no longer supports. */
  onFinding(finding: Finding, options: { readonly tickMs: number; readonly isEnforcing: boolean }): readonly string[] {
    if (finding.state === 'withdrawn') {
      for (const id of finding.actions) this.#undo(id, finding, options.tickMs)
      return finding.actions
    }
    const ids = new Set(finding.actions)
    for (const kind of finding.response) {
      for (const sessionId of finding.sessionIds) ids.add(this.#propose(kind, sessionId, finding, options))
    }
    return [...ids]
  }

  onReceipt(receipt: Receipt, tickMs: number): void {
    const action = this.table.get(receipt.actionId)
    if (action === undefined) return
    if (receipt.state === 'evidenced') {
      this.#change(action, { isEvidencePending: false })
      return
    }
    // An answer to something that was taken back meanwhile changes nothing.
    if (receipt.effectKey !== effectKey(action.row) || overStates.has(action.row.state)) return
    const wasEnforced = action.row.state === 'enforced'
    this.#advance(action, receiptStates[receipt.state], receipt.detail, tickMs)
    if (action.row.kind === 'flag' && receipt.state === 'enforced' && !wasEnforced) {
      this.#deps.onFlag(sessionOf(action.row.target), 1)
    }
  }

  /** Effects that have no final receipt yet: they are sent again after a replay. */
  pending(): Effect[] {
    const effects: Effect[] = []
    for (const action of this.table.values()) {
      const { state } = action.row
      if (state === 'proposed' || state === 'requested' || state === 'accepted') effects.push(effectOf(action.row))
    }
    return effects
  }

  /** Actions whose evidence was pending when they were written, at or before `position`. */
  evidenced(position: number): string[] {
    return [...this.table.values()]
      .filter(({ row, written }) => row.isEvidencePending && written !== null && written.version <= position)
      .map(({ row }) => row.id)
  }

  /** Forgets actions that are over and that no finding asked for lately; one that is in force is kept. */
  expire(beforeMs: number): void {
    for (const [id, action] of this.table.entries()) {
      if (action.askedMs < beforeMs && overStates.has(action.row.state)) this.table.delete(id)
    }
  }

  #propose(
    kind: ActionKind,
    sessionId: string,
    finding: Finding,
    options: { readonly tickMs: number; readonly isEnforcing: boolean },
  ): string {
    const target = `session:${sessionId}`
    // DESIGN §2: incident + kind + target, so the next finding of an incident repeats nothing.
    const id = `a-${hash('sha256', `${finding.incidentId}\u0000${kind}\u0000${target}`, 'base64url').slice(0, 22)}`
    const known = this.table.get(id)
    const action =
      known ??
      this.table.add(id, {
        ...fresh,
        row: newRow({ id, kind, target }, finding),
        supporters: [],
        askedMs: 0,
        written: null,
      })
    this.table.touch(id, action)
    action.askedMs = options.tickMs
    if (!action.supporters.includes(finding.id)) action.supporters = [...action.supporters, finding.id]
    if (known !== undefined && known.row.state !== 'undone') return id
    this.#advance(action, 'proposed', finding.explanation.text, options.tickMs)
    // A flag stays within agenttrail; whatever leaves the machine waits for `enforce`.
    if (kind !== 'flag' && !options.isEnforcing)
      this.#advance(action, 'dryRun', 'response is set to dry-run', options.tickMs)
    else if (kind === 'flag') this.#deps.onEffect(effectOf(action.row))
    else this.#advance(action, 'refused', `no lever is connected for ${kind}`, options.tickMs)
    return id
  }

  #undo(id: string, finding: Finding, tickMs: number): void {
    const action = this.table.get(id)
    if (action === undefined || !action.supporters.includes(finding.id)) return
    this.table.touch(id, action)
    action.supporters = action.supporters.filter((supporter) => supporter !== finding.id)
    // What another finding of the incident still asks for stays.
    if (action.supporters.length > 0 || overStates.has(action.row.state)) return
    const wasEnforced = action.row.state === 'enforced'
    this.#advance(action, 'undone', `finding ${finding.id} was withdrawn`, tickMs)
    if (action.row.kind === 'flag' && wasEnforced) this.#deps.onFlag(sessionOf(action.row.target), -1)
  }

  #advance(action: Action, state: ActionState, detail: string, tickMs: number): void {
    if (action.row.state === state && action.row.transitions.length > 0) return
    this.#change(action, { state, transitions: [...action.row.transitions, { state, timeMs: tickMs, detail }] })
  }

  #change(action: Action, change: Partial<ActionRow>): void {
    this.table.touch(action.row.id, action)
    action.row = { ...action.row, ...change }
    this.#deps.onChange(action)
  }
}

const newRow = (
  { id, kind, target }: { readonly id: string; readonly kind: ActionKind; readonly target: string },
  finding: Finding,
): ActionRow => ({
  id,
  incidentId: finding.incidentId,
  findingId: finding.id,
  realm: finding.realm,
  kind,
  target,
  lever: kind === 'flag' ? 'agenttrail' : '',
  state: 'proposed',
  reason: finding.explanation.text,
  by: `rule:${finding.ruleId}`,
  expiresAtMs: null,
  isEvidencePending: true,
  transitions: [],
  firstWrittenMs: 0,
  version: 0,
})

/** An action that was undone and is proposed again is another effect. */
const effectKey = (row: ActionRow): string =>
  `${row.id}:${row.transitions.filter((transition) => transition.state === 'proposed').length}`

const effectOf = (row: ActionRow): Effect => ({
  key: effectKey(row),
  actionId: row.id,
  realm: row.realm,
  kind: row.kind,
  target: row.target,
})

const sessionOf = (target: string): string => target.slice('session:'.length)
