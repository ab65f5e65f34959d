import { type RevocationScope, type RevokedSubject, revocationKey } from './revocation.ts'

/** What is known of the session that an action is about. */
export interface SessionSubject extends RevokedSubject {
  /** Keyed hashes of the MCP session ids of its calls. */
  readonly mcpSessionIds: readonly string[]
  /** `''` unless the session is known by the id that its agent states. */
  readonly explicitId: string
  /** Logins of its calls. */
  readonly authSessionIds: readonly string[]
  /** How certain it is that its calls belong together, in thousandths. */
  readonly confidenceMilli: number
}

/** Nothing is known: the target is no session. */
export const noSubject: SessionSubject = {
  sessionId: '',
  userId: '',
  userEmail: '',
  agentId: '',
  agentName: '',
  serviceAccountId: '',
  mcpSessionIds: [],
  explicitId: '',
  authSessionIds: [],
  confidenceMilli: 1000,
}

/** What is known where the target names by itself what is to be denied. */
export const subjectOfKey = (key: string): SessionSubject => ({
  ...noSubject,
  ...(key.startsWith('agent:') && { agentId: key.slice('agent:'.length) }),
  ...(key.startsWith('user:') && { userId: key.slice('user:'.length) }),
})

/**
 * What requests of the session, and as few others as possible, are recognised by within `scopes`. An MCP session id or a
 * session id that the agent states names nothing else; a login is shared with the user's browser, an agent with its other
 * sessions. None where only a whole user could be stopped: that is for an operator to ask for.
 */
export const narrowestKeys = (subject: SessionSubject, scopes: readonly RevocationScope[]): readonly string[] => {
  const own = [
    ...(scopes.includes('mcp') ? subject.mcpSessionIds.map((id) => revocationKey('mcp', id)) : []),
    ...(scopes.includes('explicit') && subject.explicitId !== ''
      ? [revocationKey('explicit', subject.explicitId)]
      : []),
  ]
  if (own.length > 0) return own
  if (scopes.includes('login') && subject.authSessionIds.length > 0) {
    return subject.authSessionIds.map((id) => revocationKey('login', id))
  }
  return scopes.includes('agent') && subject.agentId !== '' ? [revocationKey('agent', subject.agentId)] : []
}

/** Whether one of the ids and addresses in a list is the subject's. */
export const isNamedIn = (subject: RevokedSubject, list: readonly string[]): boolean =>
  [subject.agentId, subject.agentName, subject.userId, subject.userEmail, subject.serviceAccountId].some(
    (id) => id !== '' && list.includes(id),
  )
