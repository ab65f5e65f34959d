import type { DeadLetterRow, PayloadRow, StoredEvent } from '../../src/analyse/rows.ts'
import { noAssessment } from '../../src/correlate/call.ts'
import { noFeatures } from '../../src/correlate/call-content.ts'
import type { CallRow, LayerView, SessionRow, Subject } from '../../src/correlate/rows.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'
import type { ActionRow } from '../../src/respond/rows.ts'

/** 2026-05-04 10:00:00 UTC. */
export const baseMs = Date.UTC(2026, 4, 4, 10)
export const baseUs = baseMs * 1000

const subject: Subject = {
  agentId: 'client:c1/u1',
  agentName: 'claude-code',
  agentBasis: 'oauth_client',
  userId: 'u1',
  userEmail: 'alice@acme.test',
  clientName: 'claude-code',
  clientVersion: '2.1',
  clientAddress: '198.51.100.7',
  userAgent: 'claude-code/2.1',
}

export const makeEvent = (part: Partial<ActivityEvent> & { readonly eventId: string }): ActivityEvent => ({
  ...emptyEvent(),
  realm: 'default',
  product: 'pomerium',
  timeUs: baseUs,
  observedTimeUs: baseUs,
  ...part,
})

export const makeStoredEvent = (
  event: Partial<ActivityEvent> & { readonly eventId: string },
  part: Partial<Omit<StoredEvent, 'event'>> = {},
): StoredEvent => ({
  event: makeEvent(event),
  logPosition: 7,
  logOrdinal: 0,
  tickMs: baseMs,
  recordHash: 'hmac:k:00',
  ...part,
})

export const makePayload = (part: Partial<PayloadRow> & { readonly eventId: string }): PayloadRow => ({
  realm: 'default',
  timeUs: baseUs,
  raw: '{}',
  arguments: '',
  result: '',
  ...part,
})

export const makeDeadLetter = (part: Partial<DeadLetterRow> & { readonly recordId: string }): DeadLetterRow => ({
  realm: 'default',
  source: 'file',
  format: 'pomerium',
  sourcePosition: 42,
  receivedMs: baseMs,
  reason: 'not JSON',
  raw: '{',
  rawBytes: 1,
  recordHash: 'hmac:k:01',
  ...part,
})

export const makeLayer = (part: Partial<LayerView> = {}): LayerView => ({
  layer: 'proxy',
  product: 'pomerium',
  kind: 'decision',
  decision: 'allow',
  basis: 'explicit',
  source: 'authz',
  reasons: ['domain-ok'],
  policyId: '',
  eventId: 'e1',
  timeUs: baseUs,
  durationUs: null,
  ...part,
})

export const makeCall = (part: Partial<CallRow> & { readonly id: string }): CallRow => ({
  ...subject,
  realm: 'default',
  timeUs: baseUs,
  endTimeUs: baseUs + 1000,
  durationUs: 1000,
  sessionId: 's1',
  explicitSessionId: '',
  mcpSessionId: '',
  authSessionId: '',
  serviceAccountId: '',
  server: 'github',
  method: 'tools/call',
  tool: 'list_issues',
  toolExposed: 'github_list_issues',
  resource: '',
  decision: 'allow',
  decisionBasis: 'explicit',
  decisionSource: 'authz',
  layers: [makeLayer()],
  outcome: 'success',
  httpStatus: 200,
  errorType: '',
  httpRequestId: 'r1',
  jsonrpcId: '1',
  traceId: '',
  argumentsEventId: '',
  disagreements: [],
  aliases: [],
  features: noFeatures,
  assessment: noAssessment,
  isOrphan: false,
  isLateChanged: false,
  firstWrittenMs: baseMs,
  version: 1,
  ...part,
})

export const makeSession = (part: Partial<SessionRow> & { readonly id: string }): SessionRow => ({
  ...subject,
  realm: 'default',
  aliases: [],
  explicitId: '',
  startUs: baseUs,
  endUs: baseUs + 60_000_000,
  calls: 1,
  denies: 0,
  tools: ['list_issues'],
  servers: ['github'],
  basis: 'mcp_session',
  confidenceMilli: 950,
  risk: 0,
  status: 'active',
  findings: [],
  firstWrittenMs: baseMs,
  version: 1,
  ...part,
})

export const makeFinding = (part: Partial<FindingRow> & { readonly id: string }): FindingRow => ({
  incidentId: part.id,
  realm: 'default',
  ruleId: 'deny-burst',
  ruleTitle: 'Many denied calls',
  severity: 'high',
  timeUs: baseUs,
  state: 'final',
  agentId: subject.agentId,
  userId: 'u1',
  userEmail: 'alice@acme.test',
  sessionIds: ['s1'],
  calls: ['c1'],
  explanation: { text: 'Refused 10 times.', thresholds: { count: 10 }, observed: { count: 12 } },
  isShadow: false,
  status: 'open',
  note: '',
  actions: [],
  isLate: false,
  firstWrittenMs: baseMs,
  version: 1,
  ...part,
})

export const makeAction = (part: Partial<ActionRow> & { readonly id: string }): ActionRow => ({
  incidentId: 'f1',
  findingId: 'f1',
  realm: 'default',
  kind: 'flag',
  target: 'session:s1',
  lever: 'mark',
  state: 'enforced',
  reason: 'deny-burst',
  by: 'rule',
  expiresAtMs: null,
  isEvidencePending: false,
  transitions: [{ state: 'proposed', timeMs: baseMs, detail: '' }],
  firstWrittenMs: baseMs,
  version: 1,
  ...part,
})
