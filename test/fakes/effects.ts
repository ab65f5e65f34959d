import type { Effect } from '../../src/respond/effect.ts'
import { makeRevocation } from './revocations.ts'

export const makeEffect = (change: Partial<Effect> = {}): Effect => ({
  key: 'a-1:1',
  stage: 'send',
  ownerId: 'owner-1',
  actionId: 'a-1',
  incidentId: 'i-1',
  realm: 'default',
  kind: 'revoke',
  target: 'session:s1',
  lever: '',
  operation: 'apply',
  revocation: makeRevocation(),
  page: null,
  ...change,
})
