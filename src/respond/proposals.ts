import { type Action, type ActionName, actionId, createAction, isRevoking, overStates } from './action.ts'
import type { Asker } from './asker.ts'
import { chooseLever, keysFor, subjectOfTarget } from './choose-lever.ts'
import type { Ledger } from './ledger.ts'
import type { LeverTraits } from './lever.ts'
import { defaultPolicy, isAtLeast, type Policy } from './policy.ts'
import { ResponseGate } from './response-gate.ts'
import type { Revocation } from './revocation.ts'
import type { ActionKind } from './rows.ts'
import type { SessionSubject } from './session-subject.ts'
import { judgeProposal, pageQuietKey } from './verdict.ts'

export interface ProposalsDeps {
  readonly ledger: Ledger
  /** Null for a session that is not known (any more). */
  readonly subjectOf: (sessionId: string) => SessionSubject | null
  readonly activeSessions: () => number
}

/** By when and in which mode an action is decided. */
export interface Moment {
  readonly tickMs: number
  readonly isEnforcing: boolean
}

/** What is to be done, for whom. */
export interface Wish {
  readonly kind: ActionKind
  readonly target: string
  readonly asker: Asker
  readonly moment: Moment
}

/** Decides what becomes of what is asked for: by the policy, by what holds the response back, by the levers that there are. */
export class Proposals {
  readonly gate = new ResponseGate()
  policy: Policy = defaultPolicy
  readonly #deps: ProposalsDeps
  readonly #ledger: Ledger

  constructor(deps: ProposalsDeps) {
    this.#deps = deps
    this.#ledger = deps.ledger
  }

  /** Decides about an action and sends what is to leave. Returns ids, one for each page target; asked again, it changes nothing. */
  propose(wish: Wish): readonly string[] {
    return this.#namesOf(wish).map((name) => this.proposeNamed(name, wish))
  }

  /** The same with a lever that was chosen already. */
  proposeNamed(name: ActionName, { asker, moment }: Wish): string {
    const id = actionId(asker.incidentId, name)
    const known = this.#ledger.table.get(id)
    const action = known ?? this.#ledger.add(createAction(name, asker))
    this.#ledger.table.touch(id, action)
    action.askedMs = moment.tickMs
    if (!action.supporters.includes(asker.id)) action.supporters = [...action.supporters, asker.id]
    if (known !== undefined && !isProposedAgain(known, asker)) {
      if (!overStates.has(known.row.state)) this.#ledger.pages.reword(known, asker.alarm)
      return id
    }
    this.#ledger.advance(action, 'proposed', { detail: asker.reason, timeMs: moment.tickMs })
    this.#decide(action, asker, moment)
    return id
  }

  /** Who a target is. */
  subjectOf(target: string): SessionSubject {
    return subjectOfTarget(target, this.#deps.subjectOf)
  }

  /** What is known of its lever; undefined for one that is not configured (any more). */
  traitsOf({ row }: Action): LeverTraits | undefined {
    return this.policy.levers.find(({ name }) => name === row.lever)
  }

  #namesOf({ kind, target, asker }: Wish): readonly ActionName[] {
    const { levers, pages } = this.policy
    const name = { kind, target, isOneOfSeveral: false }
    if (kind === 'flag') return [{ ...name, lever: 'agenttrail' }]
    if (kind === 'page') {
      const due = pages.filter(({ severityMin }) => isAtLeast(asker.alarm?.severity, severityMin))
      return pages.length === 0 ? [{ ...name, lever: '' }] : due.map((page) => ({ ...name, lever: page.name }))
    }
    const grip = chooseLever({ kind, target, subject: this.subjectOf(target), levers })
    return [{ ...name, lever: grip?.lever.name ?? levers[0]?.name ?? '' }]
  }

  #decide(action: Action, asker: Asker, moment: Moment): void {
    const { tickMs } = moment
    const { kind, target } = action.row
    const ttlMs = asker.ttlMs ?? (kind === 'flag' ? null : this.policy.ttlMs[kind])
    if (ttlMs !== null) this.#ledger.change(action, { expiresAtMs: tickMs + ttlMs })
    const subject = this.subjectOf(target)
    action.revocation = isRevoking(kind) ? this.#revocationOf(action, subject) : null
    const load = () => ({
      revokedSessions: this.#ledger.inForce.sessions,
      activeSessions: this.#deps.activeSessions(),
    })
    const proposal = { action, asker, subject, ...moment }
    const verdict = judgeProposal(proposal, { gate: this.gate, policy: this.policy, load })
    if (verdict.kind !== 'send') {
      this.#ledger.advance(action, verdict.kind, { detail: verdict.detail, timeMs: tickMs })
      const isAsked = verdict.kind === 'dryRun' && this.traitsOf(action)?.canPreview
      if (isAsked) this.#ledger.outbox.add(action, 'preview')
      return
    }
    if (kind === 'page') {
      this.#ledger.pages.write(action, asker, tickMs)
      this.gate.paged(tickMs)
      const key = pageQuietKey(action.row.lever, asker, subject)
      this.gate.hush({ key, incidentId: asker.incidentId, untilMs: tickMs + this.policy.quietMs }, tickMs)
    }
    if (action.revocation !== null) this.gate.sent(tickMs)
    this.#ledger.send(action)
  }

  #revocationOf(action: Action, subject: SessionSubject): Revocation {
    const { sessionId, userId, userEmail, agentId, agentName, serviceAccountId } = subject
    const { row } = action
    const traits = this.traitsOf(action)
    return {
      actionId: row.id,
      realm: row.realm,
      kind: row.kind === 'hold' ? 'hold' : 'revoke',
      keys: traits === undefined ? [] : keysFor(traits, row.target, subject),
      subject: { sessionId, userId, userEmail, agentId, agentName, serviceAccountId },
      reason: row.reason,
      by: row.by,
      expiresAtMs: row.expiresAtMs ?? 0,
    }
  }
}

/** What a withdrawn finding took back comes again with the next one; whoever was not called is called when it gets worse. */
const isProposedAgain = ({ row, isRestored }: Action, { alarm }: Asker): boolean => {
  const isWorse = row.kind === 'page' && alarm?.state === '' && overStates.has(row.state)
  return isWorse || (row.state === 'undone' && !isRestored)
}
