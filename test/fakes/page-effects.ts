import type { Effect } from '../../src/respond/effect.ts'
import type { PageContent } from '../../src/respond/page-content.ts'

export const makePage = (change: Partial<PageContent> = {}): PageContent => ({
  incidentId: 'f-incident',
  findingId: 'f-1',
  realm: 'default',
  severity: 'high',
  severitiesBefore: [],
  title: 'Burst of refused calls',
  text: 'agent-1 was refused 12 times within 5 minutes.',
  ruleId: 'deny-burst',
  agent: 'agent-1',
  user: 'mira@example.com',
  sessionId: 's-1',
  calls: 12,
  state: 'provisional',
  response: ['hold of session:s-1 by decision-service: enforced (the decision service denies it by mcp)'],
  runbook: 'finding',
  timeMs: Date.UTC(2026, 0, 2, 3, 0, 0),
  untilMs: Date.UTC(2026, 0, 3, 3, 0, 0),
  ended: '',
  ...change,
})

export const makePageEffect = (lever: string, page: PageContent, change: Partial<Effect> = {}): Effect => ({
  key: 'a-page:1',
  stage: 'send',
  ownerId: 'o',
  actionId: 'a-page',
  incidentId: page.incidentId,
  realm: page.realm,
  kind: 'page',
  target: `session:${page.sessionId}`,
  lever,
  operation: 'apply',
  revocation: null,
  page,
  ...change,
})
