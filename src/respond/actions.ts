import type { Finding } from '../detect/finding.ts'
import { type Action, isRevoking, overStates, sessionOf, targetOfSession } from './action.ts'
import { type Alarm, type Asker, askerOfFailure, askerOfFinding } from './asker.ts'
import { chooseWider } from './choose-lever.ts'
import { type Effect, effectOf } from './effect.ts'
import { type JudgedCall, judgeCall } from './judge-call.ts'
import { Ledger, type LedgerDeps, type Step } from './ledger.ts'
import { kindsOf, type Policy } from './policy.ts'
import { type Moment, Proposals, type ProposalsDeps, type Wish } from './proposals.ts'
import { type FailedEffect, type Receipt, takeReceipt } from './receipt.ts'
import type { ResponseGate } from './response-gate.ts'
import type { Revocation } from './revocation.ts'
import { narrowestKeys } from './session-subject.ts'
import { restoredKey } from './verdict.ts'

export interface ActionsDeps extends LedgerDeps, Omit<ProposalsDeps, 'ledger'> {}

/** Silence for this long after it took effect, and it is unconfirmed. Less than a hold lasts. */
const silenceMs = 10 * 60_000
/** Ids of one session that are denied. A client that opens more in one session is not an honest one. */
const keysMax = 64

/** Findings and commands → actions, each with its own state machine. Effects leave; receipts come back through the log. */
export class Actions {
  readonly #deps: ActionsDeps
  readonly #ledger: Ledger
  readonly #proposals: Proposals

  constructor(deps: ActionsDeps) {
    this.#deps = deps
    this.#ledger = new Ledger(deps)
    this.#proposals = new Proposals({ ...deps, ledger: this.#ledger })
  }

  get gate(): ResponseGate {
    return this.#proposals.gate
  }

  setPolicy(policy: Policy): void {
    this.#proposals.policy = policy
  }

  get table(): Ledger['table'] {
    return this.#ledger.table
  }

  /** Whether any call could say something of a revocation. */
  get isWatching(): boolean {
    return this.#ledger.inForce.isWatching
  }

  /** Revocations and holds in force. */
  get inForce(): number {
    return this.#ledger.inForce.count
  }

  /** Completes what was loaded from a snapshot. */
  reindex(): void {
    this.#ledger.reindex()
  }

  /** Forgets actions that are over and that nothing asked for lately; one that is in force is kept. */
  expire(beforeMs: number): void {
    this.#ledger.expire(beforeMs)
  }

  /** Proposes what the rule asks for, or takes back what a withdrawn finding no longer supports. */
  onFinding(finding: Finding, moment: Moment): readonly string[] {
    if (finding.state === 'withdrawn') {
      for (const id of finding.actions) this.#withdraw(id, finding, moment.tickMs)
      return finding.actions
    }
    const asker = askerOfFinding(finding)
    const ids = new Set(finding.actions)
    for (const kind of kindsOf(finding, this.#proposals.policy)) {
      // One page for an incident, whichever of its sessions it is about.
      const sessionIds = kind === 'page' ? finding.sessionIds.slice(0, 1) : finding.sessionIds
      for (const sessionId of sessionIds) {
        for (const id of this.propose({ kind, target: targetOfSession(sessionId), asker, moment })) ids.add(id)
      }
    }
    if (finding.state === 'final') this.#endHolds(finding, moment.tickMs)
    return [...ids]
  }

  /** Decides about an action and sends what is to leave. Returns ids, one for each page target; asked again, it changes nothing. */
  propose(wish: Wish): readonly string[] {
    return this.#proposals.propose(wish)
  }

  onReceipt(receipt: Receipt, moment: Moment): void {
    const failed = takeReceipt(receipt, { ledger: this.#ledger, gate: this.gate, timeMs: moment.tickMs })
    if (failed !== null) this.#onFailure(failed.action, failed, moment)
  }

  /** Time passes: what was given an end ends, and what nothing is heard of is unconfirmed. */
  onTick(tickMs: number): void {
    const { inForce, outbox, pages } = this.#ledger
    for (const action of inForce.due(tickMs)) {
      this.#ledger.end(action, 'expired', { detail: 'its time is over', timeMs: tickMs })
    }
    for (const action of inForce.silentSince(tickMs - silenceMs)) {
      const detail = `no call of it was seen for ${silenceMs / 60_000} minutes`
      this.#ledger.advance(action, 'unconfirmed', { detail, timeMs: tickMs })
    }
    outbox.onTick(tickMs)
    pages.onTick(tickMs)
  }

  /** A call of which `targets` are its session by any of its ids, its agent, user and tool may say something of a revocation. */
  onCall(call: JudgedCall, targets: readonly string[], moment: Moment): void {
    const own = this.table.get(call.policyId)
    const watching = new Set(targets.flatMap((target) => this.#ledger.inForce.of(target)))
    // A denied call that names its session by nothing else is tied to the action by its policy.
    if (own !== undefined && own.revocation !== null) watching.add(own)
    for (const action of watching) {
      this.#learnKeys(action)
      const judgement = judgeCall(action, call, this.#proposals.traitsOf(action)?.delayMs ?? 0)
      if (judgement === null) continue
      this.#ledger.advance(action, judgement.state, { detail: judgement.detail, timeMs: moment.tickMs })
      if (judgement.isEscape) this.#onEscape(action, judgement.detail, moment)
    }
  }

  /** Takes back everything in force on the targets. Returns the actions that this is about. */
  restore(targets: readonly string[], { isDryRun, ...step }: RestoreOptions): readonly Action[] {
    const restored = [...this.table.values()].filter(
      ({ row, isSent }) =>
        targets.includes(row.target) &&
        row.kind !== 'page' &&
        // A revocation that failed may have got through all the same.
        (!overStates.has(row.state) || (row.state === 'failed' && isSent)),
    )
    if (isDryRun) return restored
    for (const action of restored) {
      this.#ledger.end(action, 'undone', step)
      action.isRestored = true
      if (!isRevoking(action.row.kind)) continue
      const key = restoredKey(this.#proposals.subjectOf(action.row.target))
      const untilMs = step.timeMs + this.#proposals.policy.quietMs
      this.gate.hush({ key, incidentId: action.row.incidentId, untilMs }, step.timeMs)
    }
    return restored
  }

  /** Somebody looked at an incident and is done with it. */
  resolvePages(incidentId: string, step: Step): void {
    for (const action of this.#ledger.incidents.of(incidentId)) {
      if (action.row.kind === 'page' && !overStates.has(action.row.state)) this.#ledger.end(action, 'undone', step)
    }
  }

  /** Effects without a final receipt, as they are sent again after a replay: by a new owner, who asks for leave anew. */
  pending(): Effect[] {
    return [...this.table.values()].flatMap((action) =>
      action.outgoing
        .filter(({ againMs }) => againMs === null)
        .map((outgoing) => effectOf(action, { ...outgoing, ownerId: '' })),
    )
  }

  /** What the lever denies now: all that a decision service must know after a start. */
  revocations(lever: string): Revocation[] {
    return this.#ledger.inForce.revocations(lever)
  }

  /** Actions whose evidence was pending when they were written, at or before `position`. */
  evidenced(position: number): string[] {
    return [...this.table.values()]
      .filter(({ row, written }) => row.isEvidencePending && written !== null && written.version <= position)
      .map(({ row }) => row.id)
  }

  #withdraw(id: string, finding: Finding, timeMs: number): void {
    const action = this.table.get(id)
    if (action === undefined || !action.supporters.includes(finding.id)) return
    this.table.touch(id, action)
    action.supporters = action.supporters.filter((supporter) => supporter !== finding.id)
    // What another finding of the incident still asks for stays.
    if (action.supporters.length > 0 || overStates.has(action.row.state)) return
    this.#ledger.end(action, 'undone', { detail: `finding ${finding.id} was withdrawn`, timeMs })
  }

  /** A hold bridges the time until a finding is final. Where nothing follows then, the agent is free again. */
  #endHolds(finding: Finding, timeMs: number): void {
    if (kindsOf(finding, this.#proposals.policy).includes('hold')) return
    const actions = this.#ledger.incidents.of(finding.incidentId)
    for (const hold of actions) {
      if (hold.row.kind !== 'hold' || overStates.has(hold.row.state) || !hold.supporters.includes(finding.id)) continue
      const isFollowed = actions.some(
        ({ row }) => row.kind === 'revoke' && row.target === hold.row.target && !overStates.has(row.state),
      )
      if (!isFollowed)
        this.#ledger.end(hold, 'undone', { detail: 'the finding is final and nothing more is done', timeMs })
    }
  }

  /** A session gets new ids while it goes on: a refreshed login, another MCP session. They are denied like its first. */
  #learnKeys(action: Action): void {
    const { revocation, row } = action
    const traits = this.#proposals.traitsOf(action)
    const subject = this.#deps.subjectOf(sessionOf(row.target))
    if (revocation === null || subject === null || traits === undefined || overStates.has(row.state)) return
    const fresh = narrowestKeys(subject, traits.scopes).filter((key) => !revocation.keys.includes(key))
    if (fresh.length === 0 || revocation.keys.length >= keysMax) return
    this.table.touch(row.id, action)
    action.revocation = { ...revocation, keys: [...revocation.keys, ...fresh].slice(0, keysMax) }
    this.#ledger.outbox.add(action, 'apply')
  }

  #onEscape(action: Action, detail: string, moment: Moment): void {
    action.isEscaped = true
    const { kind, target } = action.row
    const title = `The ${kind} of ${target} does not hold`
    this.#widen(action, { title, text: detail, runbook: 'revocation-does-not-hold' }, moment)
  }

  #onFailure(action: Action, { operation, detail }: FailedEffect, moment: Moment): void {
    const { kind, target, lever } = action.row
    if (!isRevoking(kind)) return
    const isLift = operation === 'lift'
    const title = `The ${kind} of ${target} by ${lever} could not be ${isLift ? 'lifted' : 'carried out'}`
    const alarm = { title, text: detail, runbook: 'lever-down' }
    if (isLift) this.#alarm(action, alarm, moment)
    else this.#widen(action, alarm, moment)
  }

  /** The lever does not hold: the next one is pulled, or the agent as a whole is denied, and somebody is called. */
  #widen(action: Action, words: AlarmWords, moment: Moment): void {
    const { kind, target, lever } = action.row
    const asker = this.#alarm(action, words, moment)
    const grip = chooseWider(
      { kind, target, subject: this.#proposals.subjectOf(target), levers: this.#proposals.policy.levers },
      lever,
    )
    if (grip === null) return
    const name = { kind, target: grip.target, lever: grip.lever.name, isOneOfSeveral: grip.target === target }
    this.#proposals.proposeNamed(name, { kind, target: grip.target, asker, moment })
  }

  #alarm(action: Action, words: AlarmWords, moment: Moment): Asker {
    const { target } = action.row
    const { agentName, agentId, userEmail, userId } = this.#proposals.subjectOf(target)
    const who = { agent: agentName || agentId, user: userEmail || userId, sessionId: sessionOf(target) }
    const asker = askerOfFailure(action.row, { ...words, ...who, timeMs: moment.tickMs })
    this.propose({ kind: 'page', target, asker, moment })
    return asker
  }
}

type AlarmWords = Pick<Alarm, 'title' | 'text' | 'runbook'>

export interface RestoreOptions extends Step {
  readonly isDryRun: boolean
}
