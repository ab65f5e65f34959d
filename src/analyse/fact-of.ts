import type { Call } from '../correlate/call.ts'
import { callRow, writtenOf } from '../correlate/call-row.ts'
import type { CallFact } from '../detect/call-fact.ts'

/** What rules see of a call: its row as it would be written now. */
export const factOf = (call: Call): CallFact => {
  const row = callRow(call, writtenOf(call, 0, 0))
  return {
    id: row.id,
    realm: row.realm,
    timeUs: row.timeUs,
    durationUs: row.durationUs,
    sessionId: row.sessionId,
    agentId: row.agentId,
    agentName: row.agentName,
    agentBasis: row.agentBasis,
    userId: row.userId,
    userEmail: row.userEmail,
    clientName: row.clientName,
    clientVersion: row.clientVersion,
    clientAddress: row.clientAddress,
    userAgent: row.userAgent,
    explicitSessionId: row.explicitSessionId,
    mcpSessionId: row.mcpSessionId,
    authSessionId: row.authSessionId,
    serviceAccountId: row.serviceAccountId,
    server: row.server,
    method: row.method,
    tool: row.tool,
    toolExposed: row.toolExposed,
    resource: row.resource,
    decision: row.decision,
    decisionBasis: row.decisionBasis,
    decisionSource: row.decisionSource,
    layers: row.layers,
    outcome: row.outcome,
    httpStatus: row.httpStatus,
    errorType: row.errorType,
    httpRequestId: row.httpRequestId,
    jsonrpcId: row.jsonrpcId,
    traceId: row.traceId,
    disagreements: row.disagreements,
    features: row.features,
    assessment: row.assessment,
  }
}
