import { hash } from 'node:crypto'
import { type Call, noAgent } from './call.ts'
import { type Entity, fresh } from './entity-table.ts'
import type { Rung } from './ladder.ts'
import type { SessionRow, SessionStatus } from './rows.ts'
import { copySum, emptySum, type SessionSum } from './session-sum.ts'
import { noActor } from './view.ts'

export interface Session extends Entity {
  readonly id: string
  readonly realm: string
  readonly key: string
  /** The id that its principal's calls carry; `''` where the session has none of its own, or no principal. */
  readonly ownedId: string
  readonly owner: string
  /** Keys of the MCP sessions that its final calls name beside its explicit id. */
  bound: readonly string[]
  /** Logins and clients whose calls it holds; a token line that comes later may name a call's login anew. */
  groups: string[]
  readonly basis: Rung['basis']
  readonly confidenceMilli: number
  readonly explicitId: string
  readonly isSplitOnIdle: boolean
  aliases: string[]
  frozen: SessionSum
  /** Start of its earliest final call that is no opening request: what an `initialize` before it is matched with. */
  openUs: number
  /** Findings that are not withdrawn, and how many flags are in force. */
  findings: string[]
  flags: number
  /** How far its revocations are; `''` = there is none. */
  standing: '' | 'revoking' | 'unconfirmed' | 'revoked'
  /** Tick at which it was last active; the order in which sessions are forgotten. */
  lastActiveMs: number
  written: SessionRow | null
  writtenAtMs: number
}

export const createSession = (call: Call, key: string, tickMs: number): Session => ({
  ...fresh,
  // Made when the session is first seen and kept from then on; what it is compared by is its set of calls.
  id: `s-${hash('sha256', `${key}\u0000${call.id}`, 'base64url').slice(0, 22)}`,
  realm: call.realm,
  key,
  ownedId: call.rung.isOwned ? call.rung.idKey : '',
  owner: call.rung.owner,
  bound: [],
  groups: [],
  basis: call.rung.basis,
  confidenceMilli: call.rung.confidenceMilli,
  explicitId: call.actor.explicitSessionId,
  isSplitOnIdle: call.rung.isSplitOnIdle,
  aliases: [],
  frozen: emptySum(),
  openUs: Number.MAX_SAFE_INTEGER,
  findings: [],
  flags: 0,
  standing: '',
  lastActiveMs: tickMs,
  written: null,
  writtenAtMs: 0,
})

/** More ids than an honest session is joined from. */
const aliasesPerSessionMax = 64

/** What a session without calls leaves to the one that has them now. */
export const inherit = (heir: Session, retired: Session): void => {
  // Sorted: in which order sessions of one mark retire is not the same again after a restart.
  const ids = new Set([...heir.aliases, retired.id, ...retired.aliases])
  heir.aliases = [...ids].sort().slice(0, aliasesPerSessionMax)
  heir.flags += retired.flags
  heir.standing ||= retired.standing
}

/** The row of a session whose final and live calls add up to `sum`. */
export const sessionRow = (
  session: Session,
  sum: Readonly<SessionSum>,
  options: { readonly version: number; readonly tickMs: number; readonly isEnded: boolean },
): SessionRow => {
  const { agent = noAgent, actor = noActor } = sum.subject ?? {}
  return {
    id: session.id,
    realm: session.realm,
    aliases: session.aliases,
    explicitId: session.explicitId,
    startUs: sum.calls === 0 ? 0 : sum.startUs,
    endUs: sum.endUs,
    calls: sum.calls,
    denies: sum.denies,
    tools: [...sum.tools].sort(),
    servers: [...sum.servers].sort(),
    agentId: agent.agentId,
    agentName: agent.agentName,
    agentBasis: agent.agentBasis,
    userId: actor.userId,
    userEmail: actor.userEmail,
    clientName: actor.clientName,
    clientVersion: actor.clientVersion,
    clientAddress: actor.clientAddress,
    userAgent: actor.userAgent,
    basis: session.basis,
    confidenceMilli: session.confidenceMilli,
    risk: 0,
    status: statusOf(session, options.isEnded),
    findings: session.findings,
    firstWrittenMs: session.written?.firstWrittenMs ?? options.tickMs,
    version: options.version,
  }
}

const statusOf = (session: Session, isEnded: boolean): SessionStatus =>
  session.standing || (session.flags > 0 ? 'flagged' : isEnded ? 'ended' : 'active')

/** What the response has done to it is remembered with it. */
export const isMarked = (session: Session): boolean => session.flags > 0 || session.standing !== ''

export const isSameSessionRow = (a: SessionRow, b: SessionRow): boolean =>
  a.calls === b.calls &&
  a.denies === b.denies &&
  a.startUs === b.startUs &&
  a.endUs === b.endUs &&
  a.status === b.status &&
  a.agentId === b.agentId &&
  a.agentName === b.agentName &&
  a.findings.length === b.findings.length &&
  a.findings.every((finding, at) => finding === b.findings[at]) &&
  a.aliases.length === b.aliases.length &&
  a.tools.length === b.tools.length &&
  a.servers.length === b.servers.length

/** A session's parts are replaced and never changed in place, but for the sum of its final calls. */
export const copySession = (session: Session): Session => ({ ...session, frozen: copySum(session.frozen) })
