import type { CallOutcome, Decision, DecisionBasis, DecisionSource, EventKind, Layer } from '../event/event.ts'
import type { Content } from '../event/features/content.ts'

/** Who acted, as one layer or all of a call's layers state it. Shared by all views that state the same. */
export interface Actor {
  readonly userId: string
  readonly userEmail: string
  readonly serviceAccountId: string
  readonly agentId: string
  readonly agentName: string
  readonly oauthClientId: string
  readonly clientName: string
  readonly clientVersion: string
  readonly clientAddress: string
  readonly userAgent: string
  readonly explicitSessionId: string
  readonly mcpSessionId: string
  readonly authSessionId: string
}

/** Nobody stated anything. */
export const noActor: Actor = {
  userId: '',
  userEmail: '',
  serviceAccountId: '',
  agentId: '',
  agentName: '',
  oauthClientId: '',
  clientName: '',
  clientVersion: '',
  clientAddress: '',
  userAgent: '',
  explicitSessionId: '',
  mcpSessionId: '',
  authSessionId: '',
}

/** What many views have in common: which layer saw it, what was asked for and what it said of that. Shared by them. */
export interface Pattern {
  readonly layer: Layer
  readonly kind: EventKind
  readonly product: string
  readonly source: string
  readonly timePrecisionUs: number
  readonly method: string
  readonly tool: string
  readonly toolExposed: string
  readonly server: string
  readonly routeId: string
  readonly httpMethod: string
  readonly decision: Decision
  readonly decisionBasis: DecisionBasis
  readonly decisionSource: DecisionSource
  readonly decisionReasons: readonly string[]
  readonly policyId: string
  readonly outcome: CallOutcome
  readonly errorType: string
  readonly httpStatus: number | null
  readonly hasArguments: boolean
}

/**
 * What correlation keeps of an event: two minutes of them are in memory, so what repeats is shared and what no call needs
 * is left to the store.
 */
export interface View {
  readonly eventId: string
  readonly actor: Actor
  readonly pattern: Pattern
  readonly sourcePosition: number
  readonly timeUs: number
  readonly endTimeUs: number | null
  readonly durationUs: number | null
  readonly traceId: string
  /** Other traces that it states it belongs with. */
  readonly linkedTraceIds: readonly string[]
  readonly httpRequestId: string
  readonly jsonrpcId: string
  readonly resource: string
  /** What is remembered of arguments, result and the user's words; null if the event has none. Never changed in place. */
  readonly content: Content | null
}
