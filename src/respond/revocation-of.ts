import { sessionOf } from './action.ts'
import { isRevocationKey, type Revocation } from './revocation.ts'
import type { ActionRow } from './rows.ts'
import { narrowestKeys, noSubject, type SessionSubject, subjectOfKey } from './session-subject.ts'

/** What a lever is to be told of an action that holds or revokes; it has no keys where the target cannot be told apart. */
export const revocationOf = (
  row: ActionRow,
  subjectOfSession: (sessionId: string) => SessionSubject | null,
): Revocation => {
  const { kind, target } = row
  const subject = isRevocationKey(target) ? subjectOfKey(target) : (subjectOfSession(sessionOf(target)) ?? noSubject)
  const { sessionId, userId, userEmail, agentId, agentName, serviceAccountId } = subject
  return {
    actionId: row.id,
    realm: row.realm,
    kind: kind === 'hold' ? 'hold' : 'revoke',
    keys: isRevocationKey(target) ? [target] : narrowestKeys(subject),
    subject: { sessionId, userId, userEmail, agentId, agentName, serviceAccountId },
    reason: row.reason,
    by: row.by,
    expiresAtMs: row.expiresAtMs ?? 0,
  }
}
