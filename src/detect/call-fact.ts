import type { Assessment, CallFeatures, LayerView } from '../correlate/rows.ts'

/** What rules see of a call: the stored call without its bookkeeping. Unknown is `''`, null or an empty list. */
export interface CallFact {
  readonly id: string
  readonly realm: string
  readonly timeUs: number
  readonly durationUs: number | null
  readonly sessionId: string
  readonly agentId: string
  readonly agentName: string
  readonly agentBasis: string
  readonly userId: string
  readonly userEmail: string
  /** Claims about the client, for findings about agents that nothing identifies. */
  readonly clientName: string
  readonly clientVersion: string
  readonly clientAddress: string
  readonly userAgent: string
  /** Ids that the client or a layer gave; they group and never attribute. */
  readonly explicitSessionId: string
  readonly mcpSessionId: string
  readonly authSessionId: string
  readonly serviceAccountId: string
  readonly server: string
  readonly method: string
  readonly tool: string
  readonly toolExposed: string
  readonly resource: string
  readonly decision: string
  readonly decisionBasis: string
  readonly decisionSource: string
  readonly layers: readonly LayerView[]
  readonly outcome: string
  readonly httpStatus: number | null
  readonly errorType: string
  readonly httpRequestId: string
  readonly jsonrpcId: string
  readonly traceId: string
  readonly disagreements: readonly string[]
  readonly features: CallFeatures
  readonly assessment: Assessment
}
