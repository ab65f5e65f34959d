import { type Call, decidedBy } from '../correlate/call.ts'
import type { Correlator } from '../correlate/correlator.ts'
import type { EntityTable } from '../correlate/entity-table.ts'
import type { Session } from '../correlate/session.ts'
import { noActor } from '../correlate/view.ts'
import type { Finding } from '../detect/finding.ts'
import type { Activation, CommandEntry, ReceiptEntry } from '../log/entry.ts'
import { type Action, targetOfSession } from '../respond/action.ts'
import { Actions } from '../respond/actions.ts'
import { Commands, type ResponseCommand } from '../respond/commands.ts'
import type { Effect } from '../respond/effect.ts'
import type { JudgedCall } from '../respond/judge-call.ts'
import { defaultPolicy } from '../respond/policy.ts'
import type { Moment } from '../respond/proposals.ts'
import { defaultLimits } from '../respond/response-gate.ts'
import { revocationKey } from '../respond/revocation.ts'
import type { SessionSubject } from '../respond/session-subject.ts'

export interface ResponseDeps {
  readonly correlator: Correlator
  readonly onEffect: (effect: Effect) => void
  readonly onAction: (action: Action) => void
  /** The tick at which the realm was first heard of. */
  readonly tickMs: number
}

/** The response of one realm: what findings and commands bring about, and what calls say of it afterwards. */
export class Response {
  readonly actions: Actions
  readonly commands: Commands
  readonly #correlator: Correlator
  #isEnforcing = false
  #nowMs: number

  constructor({ correlator, onEffect, onAction, tickMs }: ResponseDeps) {
    this.#nowMs = tickMs
    this.#correlator = correlator
    this.actions = new Actions({
      onEffect,
      onChange: onAction,
      onFlag: (sessionId, change) =>
        this.#mark(sessionId, (session) => {
          session.flags += change
        }),
      onStanding: (sessionId, standing) =>
        this.#mark(sessionId, (session) => {
          session.standing = standing
        }),
      subjectOf: (sessionId) => subjectOf(correlator, sessionId),
      activeSessions: () => activeSessions(correlator, this.#nowMs),
    })
    this.commands = new Commands({ actions: this.actions, idsOf: (id) => idsOf(correlator.sessions.find(id)) })
  }

  get tables(): readonly EntityTable<never>[] {
    const tables: unknown[] = [this.actions.table, this.actions.gate.table, this.commands.table]
    return tables as readonly EntityTable<never>[]
  }

  activate(activation: Activation): void {
    this.#isEnforcing = activation.response === 'enforce'
    this.actions.gate.setLimits(activation.responseLimits ?? defaultLimits)
    this.actions.setPolicy(activation.policy ?? defaultPolicy)
  }

  /** Completes what was loaded from a snapshot. */
  reindex(nowMs: number): void {
    this.#nowMs = nowMs
    this.actions.reindex()
  }

  tick(tickMs: number): void {
    this.heard(tickMs)
    this.actions.onTick(this.#nowMs)
  }

  /** Something of the log happened then: ticks are a second apart, and it is milliseconds that a response is measured in. */
  heard(timeMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, timeMs)
  }

  expire(beforeMs: number): void {
    this.actions.expire(beforeMs)
    this.commands.expire(beforeMs)
  }

  /** Returns the actions of the finding. */
  onFinding(finding: Finding): readonly string[] {
    return this.actions.onFinding(finding, this.#moment())
  }

  /** The newest time that it has heard of; a snapshot keeps it. */
  get nowMs(): number {
    return this.#nowMs
  }

  receipt(entry: ReceiptEntry): void {
    const { tickMs, isEnforcing } = this.#moment()
    this.actions.onReceipt(entry, { tickMs: entry.timeMs ?? tickMs, isEnforcing })
  }

  command(entry: CommandEntry): void {
    const command = responseCommand(entry)
    if (command !== null) this.commands.apply(command, this.#moment())
  }

  /** Somebody looked at a finding: once it is settled what it was, nobody need be called about it. */
  triaged({ incidentId }: Finding, { status, by }: { readonly status: string; readonly by: string }): void {
    if (status !== 'truePositive' && status !== 'falsePositive') return
    const detail = `${by} closed the finding as a ${status === 'truePositive' ? 'true' : 'false'} positive`
    this.actions.resolvePages(incidentId, { detail, timeMs: this.#nowMs })
  }

  /** A call may say whether a revocation works. */
  judge(call: Call): void {
    if (!this.actions.isWatching) return
    const session = this.#correlator.sessions.find(call.sessionId)
    this.actions.onCall(judgedCall(call, session), targetsOf(call, session), this.#moment())
  }

  #moment(): Moment {
    return { tickMs: this.#nowMs, isEnforcing: this.#isEnforcing }
  }

  #mark(sessionId: string, change: (session: Session) => void): void {
    const { sessions } = this.#correlator
    const session = sessions.find(sessionId)
    if (session === undefined) return
    sessions.table.touch(session.id, session)
    change(session)
    sessions.dirty.add(session)
  }
}

/** What a revocation of the session must name. Null for one that is not known (any more). */
const subjectOf = ({ sessions }: Correlator, sessionId: string): SessionSubject | null => {
  const session = sessions.find(sessionId)
  if (session === undefined) return null
  const { subject } = sessions.live.sumOf(session)
  const actor = subject?.actor ?? noActor
  const actors = [actor, ...[...sessions.live.of(session)].map((call) => call.actor)]
  const isLogin = session.basis !== 'mcp_session' && session.basis !== 'explicit'
  return {
    sessionId: session.id,
    userId: actor.userId,
    userEmail: actor.userEmail,
    agentId: subject?.agent.agentId ?? '',
    agentName: subject?.agent.agentName ?? '',
    serviceAccountId: actor.serviceAccountId,
    // Where something wider holds the session together, its MCP sessions come and go: they are no way to stop it.
    mcpSessionIds: isLogin ? [] : distinct(actors.map((one) => one.mcpSessionId)),
    explicitId: session.explicitId,
    authSessionIds: distinct(actors.map((one) => one.authSessionId)),
    confidenceMilli: session.confidenceMilli,
  }
}

/** Sessions that something was heard of lately. */
const activeSessions = ({ sessions }: Correlator, tickMs: number): number => {
  let active = 0
  for (const session of sessions.table.values()) if (!sessions.isIdle(session, tickMs)) active += 1
  return active
}

/** Ids of the session, its own first; none if it is not known. */
const idsOf = (session: Session | undefined): readonly string[] =>
  session === undefined ? [] : [session.id, ...session.aliases]

/** What a revocation that the call falls under may be written as. */
const targetsOf = ({ actor, agent, tool }: Call, session: Session | undefined): readonly string[] => [
  ...idsOf(session).map(targetOfSession),
  ...distinct([agent.agentId]).map((id) => revocationKey('agent', id)),
  ...distinct([actor.userId, actor.userEmail]).map((id) => revocationKey('user', id)),
  ...distinct([tool]).map((name) => revocationKey('tool', name)),
]

/** The call as the response looks at it. */
const judgedCall = (call: Call, session: Session | undefined): JudgedCall => {
  const decided = decidedBy(call.views)
  const isDeny = decided?.decision === 'deny'
  return {
    id: call.id,
    timeMs: Math.floor(call.timeUs / 1000),
    decision: call.decision,
    isFinal: call.isFinal,
    deniedBy: isDeny ? decided.product : '',
    policyId: isDeny ? decided.policyId : '',
    basis: session?.basis ?? '',
    confidenceMilli: session?.confidenceMilli ?? 0,
  }
}

/** A command of the log as the response takes it; null for one that is none of its. */
const responseCommand = ({ commandId, realm, by, timeMs, command }: CommandEntry): ResponseCommand | null => {
  const common = { commandId, realm, by, timeMs, target: '', ttlMs: null, isDryRun: false }
  switch (command.type) {
    case 'triage':
    case 'read':
    case 'legalHold':
    case 'legalRelease':
      return null
    default:
      return { ...common, ...command }
  }
}

const distinct = (ids: readonly string[]): readonly string[] => [...new Set(ids)].filter((id) => id !== '')
