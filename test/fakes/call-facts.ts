import { noAssessment } from '../../src/correlate/call.ts'
import { noFeatures } from '../../src/correlate/call-content.ts'
import type { CallFact } from '../../src/detect/call-fact.ts'

let made = 0

/** A denied call of one agent and principal, as far as a test does not say otherwise. */
export const makeFact = (part: Partial<CallFact> = {}): CallFact => {
  made += 1
  return {
    id: `call-${String(made).padStart(5, '0')}`,
    realm: 'default',
    timeUs: 0,
    durationUs: null,
    sessionId: 's1',
    agentId: 'agent-1',
    agentName: 'Agent',
    agentBasis: 'event',
    userId: 'mira',
    userEmail: 'mira@example.com',
    clientName: 'claude-code',
    clientVersion: '',
    clientAddress: '',
    userAgent: '',
    explicitSessionId: '',
    mcpSessionId: '',
    authSessionId: '',
    serviceAccountId: '',
    server: 'github',
    method: 'tools/call',
    tool: 'delete_repository',
    toolExposed: '',
    resource: '',
    decision: 'deny',
    decisionBasis: 'explicit',
    decisionSource: '',
    layers: [],
    outcome: 'denied',
    httpStatus: null,
    errorType: '',
    httpRequestId: '',
    jsonrpcId: '',
    traceId: '',
    disagreements: [],
    features: noFeatures,
    assessment: noAssessment,
    ...part,
  }
}
