import { principalOf } from './subject.ts'
import type { Actor } from './view.ts'

export type SessionBasis = 'explicit' | 'mcp_session' | 'login_session' | 'service_account' | 'user_client' | 'address'

/** The rung that a call stands on. Calls with the same `key` may share a session; see `Sessions` for idle splits. */
export interface Rung {
  readonly basis: SessionBasis
  readonly confidenceMilli: number
  readonly key: string
  /** Whether silence ends the session: true where the key names a user or login rather than a session. */
  readonly isSplitOnIdle: boolean
  /** The login (or account, or user) and client behind the call: where a session that opens here is looked for. */
  readonly group: string
}

/** How far a rung can be trusted: an explicit id is certain, an address a guess. To be tuned on labelled traffic. */
const confidenceMilli: Readonly<Record<SessionBasis, number>> = {
  explicit: 1000,
  mcp_session: 900,
  login_session: 800,
  service_account: 600,
  user_client: 400,
  address: 200,
}

/**
 * `DESIGN.md` §6: the first rung that applies. Every key holds the principal, so no id joins two of them. `loginRoot` is
 * the login that the actor's login session goes back to.
 */
export const rungOf = (
  actor: Actor,
  { realm, loginRoot }: { readonly realm: string; readonly loginRoot: string },
): Rung => {
  const principal = principalOf(actor)
  const client = actor.oauthClientId || actor.clientName || actor.userAgent
  const login = loginRoot || actor.serviceAccountId || `${actor.userId}\u0000${actor.agentId}`
  const group = [realm, principal, login, client].join('\u0000')
  const rung = (basis: SessionBasis, id: string, isSplitOnIdle: boolean): Rung => ({
    basis,
    confidenceMilli: confidenceMilli[basis],
    key: [realm, basis, principal, id].join('\u0000'),
    isSplitOnIdle,
    group,
  })
  if (actor.explicitSessionId !== '') return rung('explicit', actor.explicitSessionId, false)
  if (actor.mcpSessionId !== '') return rung('mcp_session', actor.mcpSessionId, false)
  if (actor.authSessionId !== '') return rung('login_session', group, true)
  if (actor.serviceAccountId !== '') return rung('service_account', group, true)
  if (principal !== '') return rung('user_client', group, true)
  return rung('address', `${actor.clientAddress}\u0000${actor.userAgent}`, true)
}
