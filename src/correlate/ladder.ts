import { principalOf } from './subject.ts'
import type { Actor } from './view.ts'

export type SessionBasis =
  | 'explicit'
  | 'mcp_session'
  | 'login_session'
  | 'trace'
  | 'service_account'
  | 'user_client'
  | 'address'
  | 'none'

/** The rung that a call stands on. Calls with the same `key` may share a session; see `Sessions` for idle splits. */
export interface Rung {
  readonly basis: SessionBasis
  readonly confidenceMilli: number
  readonly key: string
  /** Whether silence ends the session: true where the key names a user or login rather than a session. */
  readonly isSplitOnIdle: boolean
  /** Whether a principal is part of the key. Without one the id alone may lead to somebody's session, or to nobody's. */
  readonly isOwned: boolean
  /** The id of the session with its kind, without the principal; `''` where the rung names no session. */
  readonly idKey: string
  /** The key of the MCP session that a call of an explicit session names, too; else `''`. */
  readonly boundKey: string
  /** Whose memory the session takes: its principal, or the address it comes from. */
  readonly owner: string
  /** The login (or account, or user) and client behind the call: where a session that opens here is looked for. */
  readonly group: string
}

/** Of what was not looked at. */
export const noRung: Rung = {
  basis: 'none',
  confidenceMilli: 0,
  key: '',
  isSplitOnIdle: false,
  isOwned: false,
  idKey: '',
  boundKey: '',
  owner: '',
  group: '',
}

/** How far a rung can be trusted: an explicit id is certain, an address a guess. To be tuned on labelled traffic. */
const confidenceMilli: Readonly<Record<SessionBasis, number>> = {
  explicit: 1000,
  mcp_session: 900,
  login_session: 800,
  trace: 700,
  service_account: 600,
  user_client: 400,
  address: 200,
  none: 0,
}

/**
 * `DESIGN.md` §6: the first rung that applies. Every key holds the principal, so no id joins two of them. `loginRoot` is
 * the login that the actor's login session goes back to.
 */
export const rungOf = (actor: Actor, of: RungOptions): Rung => {
  const principal = principalOf(actor)
  const group = [of.realm, principal, loginOf(actor, of.loginRoot), clientOf(actor)].join('\u0000')
  const owner = principal || `@${actor.clientAddress}`
  const base = { isOwned: principal !== '', group, owner, boundKey: '' }
  const owned = [of.realm, principal]
  if (actor.explicitSessionId !== '') {
    const boundKey = actor.mcpSessionId === '' ? '' : named('mcp_session', actor.mcpSessionId, owned).key
    return { ...base, boundKey, ...named('explicit', actor.explicitSessionId, owned) }
  }
  if (actor.mcpSessionId !== '' && !of.hasSessionPerCall)
    return { ...base, ...named('mcp_session', actor.mcpSessionId, owned) }
  if (actor.authSessionId !== '') return { ...base, ...run('login_session', group, owned) }
  if (actor.serviceAccountId !== '') return { ...base, ...run('service_account', group, owned) }
  if (principal !== '') return { ...base, ...run('user_client', group, owned) }
  if (of.traceId !== '') return { ...base, ...named('trace', of.traceId, owned) }
  const address = `${actor.clientAddress}\u0000${actor.userAgent}`
  if (actor.clientAddress !== '') return { ...base, ...run('address', address, owned) }
  // Nothing tells whose it is, so nothing may join it with another.
  return { ...base, ...named('none', '', owned), idKey: '' }
}

interface RungOptions {
  readonly realm: string
  readonly loginRoot: string
  /** The call's trace: all there is of some. */
  readonly traceId: string
  /** The client opens an MCP session for every call: its id says nothing of what belongs together. */
  readonly hasSessionPerCall: boolean
}

type Step = Pick<Rung, 'basis' | 'confidenceMilli' | 'key' | 'isSplitOnIdle' | 'idKey'>

/** A rung that names a session: only the same id continues it, however much later. */
const named = (basis: SessionBasis, id: string, [realm, principal]: readonly string[]): Step => ({
  basis,
  confidenceMilli: confidenceMilli[basis],
  key: [realm, basis, principal, id].join('\u0000'),
  isSplitOnIdle: false,
  idKey: [realm, basis, id].join('\u0000'),
})

/** A rung that names who acts: silence ends the session. */
const run = (basis: SessionBasis, id: string, [realm, principal]: readonly string[]): Step => ({
  basis,
  confidenceMilli: confidenceMilli[basis],
  key: [realm, basis, principal, id].join('\u0000'),
  isSplitOnIdle: true,
  idKey: '',
})

const loginOf = (actor: Actor, loginRoot: string): string =>
  loginRoot || actor.serviceAccountId || `${actor.userId}\u0000${actor.agentId}`

/** Machines that share a service account differ by where they are, if by anything. */
const clientOf = (actor: Actor): string => {
  const client = actor.oauthClientId || actor.clientName || actor.userAgent
  return actor.serviceAccountId === '' ? client : `${client}\u0000${actor.clientAddress}`
}
