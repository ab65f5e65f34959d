import { EntityTable } from '../correlate/entity-table.ts'
import type { Finding } from '../detect/finding.ts'
import {
  type Action,
  actionId,
  createAction,
  type Effect,
  effectKey,
  effectOf,
  effectOfMoreKeys,
  isRevoking,
  overStates,
  sessionOf,
  targetOfSession,
} from './action.ts'
import { type Asker, askerOfAction, askerOfFinding, dryReason } from './asker.ts'
import { InForce, type Standing } from './in-force.ts'
import { type JudgedCall, judgeCall } from './judge-call.ts'
import { ResponseGate } from './response-gate.ts'
import { type Revocation, revocationKey } from './revocation.ts'
import { revocationOf } from './revocation-of.ts'
import type { ActionKind, ActionRow, ActionState } from './rows.ts'
import { narrowestKeys, type SessionSubject } from './session-subject.ts'

export interface ActionsDeps {
  readonly onEffect: (effect: Effect) => void
  readonly onChange: (action: Action) => void
  /** The flag of a session begins or ends to be in force. */
  readonly onFlag: (sessionId: string, change: 1 | -1) => void
  /** How far the revocations of a session are. */
  readonly onStanding: (sessionId: string, standing: Standing) => void
  /** Null for a session that is not known (any more). */
  readonly subjectOf: (sessionId: string) => SessionSubject | null
}

/** By when and in which mode an action is decided. */
export interface Moment {
  readonly tickMs: number
  readonly isEnforcing: boolean
}

export interface Receipt {
  readonly actionId: string
  readonly effectKey: string
  readonly state: 'requested' | 'accepted' | 'enforced' | 'failed' | 'evidenced'
  readonly detail: string
}

/** A revocation ends by itself: one that nobody remembers would lock an agent out for ever. */
const usualTtlMs = { hold: 15 * 60_000, revoke: 24 * 3600_000 } as const
/** Silence for this long after it was enforced, and it is unconfirmed. Less than a hold lasts. */
const silenceMs = 10 * 60_000
/** Ids of one session that are denied. A client that opens more in one session is not an honest one. */
const keysMax = 64
/** How far an action is; a receipt that says less comes late. */
const progress: Partial<Record<ActionState, number>> = { proposed: 0, requested: 1, accepted: 2, enforced: 3 }

/** Findings and commands → actions, each with its own state machine. Effects leave; receipts come back through the log. */
export class Actions {
  readonly table = new EntityTable<Action>('actions')
  readonly gate = new ResponseGate()
  readonly #deps: ActionsDeps
  readonly #inForce = new InForce()

  constructor(deps: ActionsDeps) {
    this.#deps = deps
  }

  /** Completes what was loaded from a snapshot. */
  reindex(): void {
    for (const action of this.table.values()) this.#inForce.update(action)
  }

  /** Proposes what the rule asks for, or takes back what a withdrawn finding no longer supports. */
  onFinding(finding: Finding, moment: Moment): readonly string[] {
    if (finding.state === 'withdrawn') {
      for (const id of finding.actions) this.#withdraw(id, finding, moment.tickMs)
      return finding.actions
    }
    const ids = new Set(finding.actions)
    for (const kind of kindsOf(finding)) {
      for (const id of finding.sessionIds) {
        ids.add(this.propose(kind, { target: targetOfSession(id), asker: askerOfFinding(finding), moment }))
      }
    }
    return [...ids]
  }

  /** Decides about one action and sends what is to leave. Returns its id; asked again, it changes nothing. */
  propose(
    kind: ActionKind,
    asked: { readonly target: string; readonly asker: Asker; readonly moment: Moment },
  ): string {
    const { target, asker, moment } = asked
    const id = actionId(asker.incidentId, kind, target)
    const known = this.table.get(id)
    const action = known ?? this.table.add(id, createAction(kind, target, asker))
    this.table.touch(id, action)
    action.askedMs = moment.tickMs
    if (!action.supporters.includes(asker.id)) action.supporters = [...action.supporters, asker.id]
    if (known !== undefined && (known.row.state !== 'undone' || known.isRestored)) return id
    this.#advance(action, 'proposed', { detail: asker.reason, timeMs: moment.tickMs })
    this.#decide(action, asker, moment)
    return id
  }

  onReceipt(receipt: Receipt, timeMs: number): void {
    const action = this.table.get(receipt.actionId)
    if (action === undefined) return
    if (receipt.state === 'evidenced') {
      this.#change(action, { isEvidencePending: false })
      return
    }
    // An answer to something that was taken back meanwhile changes nothing.
    if (receipt.effectKey !== effectKey(action.row) || overStates.has(action.row.state)) return
    if (receipt.state !== 'failed' && (progress[receipt.state] ?? 0) <= (progress[action.row.state] ?? 9)) return
    this.#advance(action, receipt.state, { detail: receipt.detail, timeMs })
    if (action.row.kind === 'flag' && receipt.state === 'enforced') this.#deps.onFlag(sessionOf(action.row.target), 1)
  }

  /** Time passes: what was given an end ends, and what nothing is heard of is unconfirmed. */
  onTick(tickMs: number): void {
    for (const action of this.#inForce.due(tickMs)) {
      this.#end(action, 'expired', { detail: 'its time is over', timeMs: tickMs })
    }
    for (const action of this.#inForce.silentSince(tickMs - silenceMs)) {
      const detail = `no call of it was seen for ${silenceMs / 60_000} minutes`
      this.#advance(action, 'unconfirmed', { detail, timeMs: tickMs })
    }
  }

  /** A call of these ids of one session is, or may be, of interest to a revocation of it. */
  onCall(call: JudgedCall, sessionIds: readonly string[], moment: Moment): void {
    const own = this.table.get(call.policyId)
    const watching = new Set(sessionIds.flatMap((id) => this.#inForce.ofSession(id)))
    // A denied call that names its session by nothing else is tied to the action by its policy.
    if (own !== undefined && own.revocation !== null) watching.add(own)
    for (const action of watching) {
      this.#learnKeys(action)
      const judgement = judgeCall(action, call)
      if (judgement === null) continue
      this.#advance(action, judgement.state, { detail: judgement.detail, timeMs: moment.tickMs })
      if (judgement.isEscape) this.#escalate(action, judgement.detail, moment)
    }
  }

  /** Whether any call could say something of a revocation. */
  get isWatching(): boolean {
    return this.#inForce.isWatching
  }

  /** Takes back everything in force on the target. Returns the actions that this is about. */
  restore(targets: readonly string[], { detail, timeMs, isDryRun }: RestoreOptions): readonly Action[] {
    const restored = [...this.table.values()].filter(
      ({ row }) => targets.includes(row.target) && row.kind !== 'page' && !overStates.has(row.state),
    )
    if (isDryRun) return restored
    for (const action of restored) {
      this.#end(action, 'undone', { detail, timeMs })
      action.isRestored = true
    }
    return restored
  }

  /** Effects that have no final receipt yet: they are sent again after a replay. */
  pending(): Effect[] {
    return [...this.table.values()]
      .filter(({ row: { state } }) => state === 'proposed' || state === 'requested' || state === 'accepted')
      .map((action) => effectOf(action))
  }

  /** What is denied now: all that a decision service must know after a start. */
  revocations(): Revocation[] {
    return this.#inForce.revocations()
  }

  /** Actions whose evidence was pending when they were written, at or before `position`. */
  evidenced(position: number): string[] {
    return [...this.table.values()]
      .filter(({ row, written }) => row.isEvidencePending && written !== null && written.version <= position)
      .map(({ row }) => row.id)
  }

  /** Forgets actions that are over and that nothing asked for lately; one that is in force is kept. */
  expire(beforeMs: number): void {
    for (const [id, action] of this.table.entries()) {
      if (action.askedMs < beforeMs && overStates.has(action.row.state)) this.table.delete(id)
    }
  }

  /** A session gets new ids while it goes on: a refreshed login, another MCP session. They are denied like its first. */
  #learnKeys(action: Action): void {
    const { revocation, row } = action
    const subject = this.#deps.subjectOf(sessionOf(row.target))
    if (revocation === null || subject === null || overStates.has(row.state)) return
    const fresh = narrowestKeys(subject).filter((key) => !revocation.keys.includes(key))
    if (fresh.length === 0 || revocation.keys.length >= keysMax) return
    this.table.touch(row.id, action)
    action.revocation = { ...revocation, keys: [...revocation.keys, ...fresh].slice(0, keysMax) }
    this.#deps.onEffect(effectOfMoreKeys(action))
  }

  /** The lever does not hold: the agent as a whole is denied in the same way, and somebody is called. */
  #escalate(action: Action, detail: string, moment: Moment): void {
    action.isEscaped = true
    const { row, revocation } = action
    const reason = `The ${row.kind} of ${row.target} does not hold: ${detail}`
    const asker = { ...askerOfAction(row), reason }
    this.propose('page', { target: row.target, asker, moment })
    const { agentId = '' } = revocation?.subject ?? {}
    if (agentId === '' || sessionOf(row.target) === '' || !isRevoking(row.kind)) return
    this.propose(row.kind, { target: revocationKey('agent', agentId), asker, moment })
  }

  #decide(action: Action, asker: Asker, { tickMs, isEnforcing }: Moment): void {
    const { kind } = action.row
    const ttlMs = asker.ttlMs ?? (isRevoking(kind) ? usualTtlMs[kind] : null)
    if (ttlMs !== null) this.#change(action, { expiresAtMs: tickMs + ttlMs })
    const revocation = isRevoking(kind) ? revocationOf(action.row, this.#deps.subjectOf) : null
    const objection = this.#objectionTo(action, revocation, tickMs)
    const dry = dryReason(asker, isEnforcing || kind === 'flag')
    if (dry !== null) {
      const also = objection === null ? '' : `; it would be refused: ${objection}`
      this.#advance(action, 'dryRun', { detail: dry + also, timeMs: tickMs })
    } else if (objection !== null) this.#advance(action, 'refused', { detail: objection, timeMs: tickMs })
    else this.#send(action, revocation, tickMs)
  }

  #send(action: Action, revocation: Revocation | null, tickMs: number): void {
    action.revocation = revocation
    this.#inForce.update(action)
    this.#deps.onEffect(effectOf(action))
    if (revocation === null) return
    this.gate.sent(tickMs)
    this.#tellStanding(action.row.target)
  }

  #objectionTo({ row }: Action, revocation: Revocation | null, nowMs: number): string | null {
    // A flag stays within agenttrail and harms nobody.
    if (row.kind === 'flag') return null
    if (row.kind === 'page') return this.gate.pauseObjection() ?? 'no lever is connected for page'
    if (revocation === null || revocation.keys.length === 0) {
      return 'nothing but its user tells its requests from others, and a whole user is not revoked for one session'
    }
    return this.gate.objection(revocation.subject, { isOfRule: row.findingId !== '', nowMs })
  }

  #withdraw(id: string, finding: Finding, timeMs: number): void {
    const action = this.table.get(id)
    if (action === undefined || !action.supporters.includes(finding.id)) return
    this.table.touch(id, action)
    action.supporters = action.supporters.filter((supporter) => supporter !== finding.id)
    // What another finding of the incident still asks for stays.
    if (action.supporters.length > 0 || overStates.has(action.row.state)) return
    this.#end(action, 'undone', { detail: `finding ${finding.id} was withdrawn`, timeMs })
  }

  #end(action: Action, state: 'undone' | 'expired', at: { readonly detail: string; readonly timeMs: number }): void {
    const wasFlag = action.row.kind === 'flag' && action.row.state === 'enforced'
    const { revocation } = action
    this.#advance(action, state, at)
    if (wasFlag) this.#deps.onFlag(sessionOf(action.row.target), -1)
    if (revocation !== null) this.#deps.onEffect(effectOf(action, 'lift'))
  }

  #advance(action: Action, state: ActionState, at: { readonly detail: string; readonly timeMs: number }): void {
    if (action.row.state === state && action.row.transitions.length > 0) return
    const { detail, timeMs } = at
    this.#change(action, { state, transitions: [...action.row.transitions, { state, timeMs, detail }] })
    this.#inForce.update(action)
    if (action.revocation !== null) this.#tellStanding(action.row.target)
  }

  #tellStanding(target: string): void {
    const sessionId = sessionOf(target)
    if (sessionId !== '') this.#deps.onStanding(sessionId, this.#inForce.standingOf(sessionId))
  }

  #change(action: Action, change: Partial<ActionRow>): void {
    this.table.touch(action.row.id, action)
    action.row = { ...action.row, ...change }
    this.#deps.onChange(action)
  }
}

export interface RestoreOptions {
  readonly detail: string
  readonly timeMs: number
  readonly isDryRun: boolean
}

/** While a finding is provisional, only a rule that is declared eager revokes; others hold by what ends by itself. */
const kindsOf = (finding: Finding): readonly ActionKind[] =>
  finding.state === 'final' || finding.isEager
    ? finding.response
    : [...new Set(finding.response.map((kind) => (kind === 'revoke' ? 'hold' : kind)))]
