import type { FindingShape } from '../../src/api/read-model.ts'

/** A finding as the API answers it. */
export const makeFindingShape = (part: Partial<FindingShape> = {}): FindingShape => ({
  id: 'f-1',
  incidentId: 'i-1',
  ruleId: 'deny-burst',
  ruleTitle: 'Burst of denied calls',
  severity: 'high',
  time: '2026-05-04T10:00:00.000000Z',
  state: 'final',
  sessionId: 's-1',
  session: { explicitId: '', agent: 'agent-1', user: 'mira@acme.test' },
  calls: ['c-1'],
  explanation: { text: 'It was refused 12 times.', thresholds: {}, observed: {} },
  shadow: false,
  status: 'open',
  note: '',
  actions: [],
  ...part,
})
