import type { CallValue } from './call-value.ts'
import type { Logins } from './logins.ts'
import { principalOf } from './subject.ts'

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

/** `DESIGN.md` §6: the first rung that applies. Every key holds the principal, so no id joins two of them. */
export const rungOf = (call: CallValue, logins: Logins): Rung => {
  const principal = principalOf(call)
  const group = groupOf(call, logins, principal)
  const rung = (basis: SessionBasis, id: string, isSplitOnIdle: boolean): Rung => ({
    basis,
    confidenceMilli: confidenceMilli[basis],
    key: [call.realm, basis, principal, id].join('\u0000'),
    isSplitOnIdle,
    group,
  })
  if (call.explicitSessionId !== '') return rung('explicit', call.explicitSessionId, false)
  if (call.mcpSessionId !== '') return rung('mcp_session', call.mcpSessionId, false)
  if (call.authSessionId !== '') return rung('login_session', group, true)
  if (call.serviceAccountId !== '') return rung('service_account', group, true)
  if (principal !== '') return rung('user_client', group, true)
  return rung('address', `${call.clientAddress}\u0000${call.userAgent}`, true)
}

const groupOf = (call: CallValue, logins: Logins, principal: string): string => {
  const client = call.oauthClientId || call.clientName || call.userAgent
  const login =
    call.authSessionId !== ''
      ? logins.rootOf(call.realm, call.authSessionId)
      : call.serviceAccountId || `${call.userId}\u0000${call.statedAgentId}`
  return [call.realm, principal, login, client].join('\u0000')
}
