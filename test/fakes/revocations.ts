import type { Revocation } from '../../src/respond/revocation.ts'

export const makeRevocation = (change: Partial<Revocation> = {}): Revocation => ({
  actionId: 'a-1',
  realm: 'default',
  kind: 'revoke',
  keys: [],
  subject: { sessionId: 's1', userId: 'u1', userEmail: '', agentId: '', agentName: '', serviceAccountId: '' },
  reason: 'hijacked',
  by: 'rule:r1',
  expiresAtMs: Number.MAX_SAFE_INTEGER,
  ...change,
})
