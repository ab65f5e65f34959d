import { hash } from 'node:crypto'
import type { Call } from './call.ts'
import { type Entity, fresh } from './entity-table.ts'
import type { Rung } from './ladder.ts'
import { compareCalls } from './order.ts'
import type { SessionRow, SessionStatus, Subject } from './rows.ts'

/** How many tool or server names a session lists; more are counted in none. Bounds a row against made-up names. */
const namesPerSessionMax = 200

/** What the final calls of a session add up to. */
interface Sum {
  calls: number
  denies: number
  startUs: number
  endUs: number
  tools: string[]
  servers: string[]
  /** The call whose subject stands for the session. */
  subject: (Subject & { readonly timeUs: number; readonly id: string }) | null
}

export interface Session extends Entity {
  readonly id: string
  readonly realm: string
  readonly key: string
  /** Logins and clients whose calls it holds; a token line that comes later may name a call's login anew. */
  groups: string[]
  readonly basis: Rung['basis']
  readonly confidenceMilli: number
  readonly explicitId: string
  readonly isSplitOnIdle: boolean
  aliases: string[]
  frozen: Sum
  /** Start of its earliest final call that is no opening request: what an `initialize` before it is matched with. */
  openUs: number
  /** Findings that are not withdrawn, and how many flags are in force. */
  findings: string[]
  flags: number
  /** Tick at which it was last active; the order in which sessions are forgotten. */
  lastActiveMs: number
  written: SessionRow | null
  writtenAtMs: number
}

const emptySum = (): Sum => ({
  calls: 0,
  denies: 0,
  startUs: Number.MAX_SAFE_INTEGER,
  endUs: 0,
  tools: [],
  servers: [],
  subject: null,
})

export const createSession = (call: Call, tickMs: number): Session => ({
  ...fresh,
  // Made when the session is first seen and kept from then on; what it is compared by is its set of calls.
  id: `s-${hash('sha256', `${call.rung.key}\u0000${call.id}`, 'base64url').slice(0, 22)}`,
  realm: call.value.realm,
  key: call.rung.key,
  groups: [],
  basis: call.rung.basis,
  confidenceMilli: call.rung.confidenceMilli,
  explicitId: call.value.explicitSessionId,
  isSplitOnIdle: call.rung.isSplitOnIdle,
  aliases: [],
  frozen: emptySum(),
  openUs: Number.MAX_SAFE_INTEGER,
  findings: [],
  flags: 0,
  lastActiveMs: tickMs,
  written: null,
  writtenAtMs: 0,
})

/** Adds a call to a sum; the order of additions does not matter. */
export const addCall = (sum: Sum, call: Call): void => {
  const value = call.value
  sum.calls += 1
  if (value.decision === 'deny') sum.denies += 1
  if (value.timeUs < sum.startUs) sum.startUs = value.timeUs
  if (value.timeUs > sum.endUs) sum.endUs = value.timeUs
  addName(sum.tools, value.tool)
  addName(sum.servers, value.server)
  if (sum.subject === null || standsBefore(call, sum.subject)) {
    sum.subject = {
      ...call.agent,
      userId: value.userId,
      userEmail: value.userEmail,
      clientName: value.clientName,
      clientVersion: value.clientVersion,
      clientAddress: value.clientAddress,
      userAgent: value.userAgent,
      timeUs: value.timeUs,
      id: call.id,
    }
  }
}

const addName = (names: string[], name: string): void => {
  if (name === '' || names.includes(name) || names.length >= namesPerSessionMax) return
  names.push(name)
}

/** The earliest call that names its agent stands for the session; without one the earliest. */
const standsBefore = (call: Call, subject: NonNullable<Sum['subject']>): boolean => {
  const isNamed = call.agent.agentId !== ''
  if (isNamed !== (subject.agentId !== '')) return isNamed
  return compareCalls({ timeUs: call.value.timeUs, id: call.id }, subject) < 0
}

/** The row of a session: its final calls and those that may still change. */
export const sessionRow = (
  session: Session,
  live: Iterable<Call>,
  options: { readonly version: number; readonly tickMs: number; readonly isEnded: boolean },
): SessionRow => {
  const frozen = session.frozen
  const sum: Sum = { ...frozen, tools: [...frozen.tools], servers: [...frozen.servers] }
  for (const call of live) addCall(sum, call)
  return {
    id: session.id,
    realm: session.realm,
    aliases: session.aliases,
    explicitId: session.explicitId,
    startUs: sum.calls === 0 ? 0 : sum.startUs,
    endUs: sum.endUs,
    calls: sum.calls,
    denies: sum.denies,
    tools: sum.tools.sort(),
    servers: sum.servers.sort(),
    agentId: sum.subject?.agentId ?? '',
    agentName: sum.subject?.agentName ?? '',
    agentBasis: sum.subject?.agentBasis ?? '',
    userId: sum.subject?.userId ?? '',
    userEmail: sum.subject?.userEmail ?? '',
    clientName: sum.subject?.clientName ?? '',
    clientVersion: sum.subject?.clientVersion ?? '',
    clientAddress: sum.subject?.clientAddress ?? '',
    userAgent: sum.subject?.userAgent ?? '',
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
  session.flags > 0 ? 'flagged' : isEnded ? 'ended' : 'active'

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
