import type { CallOutcome, Decision, DecisionBasis, DecisionSource, Layer } from '../event/event.ts'

/** What one layer said of a call. */
export interface LayerView {
  readonly layer: Layer
  readonly product: string
  readonly kind: string
  readonly decision: Decision
  readonly basis: DecisionBasis
  readonly source: DecisionSource
  readonly reasons: readonly string[]
  readonly policyId: string
  readonly eventId: string
  readonly timeUs: number
  readonly durationUs: number | null
}

/** Identity evidence shared by calls and sessions. */
export interface Subject {
  /** `agent:…`, `service:…` or `client:<oauth client>/<user>`; `''` if nothing identifies the agent. */
  readonly agentId: string
  readonly agentName: string
  readonly agentBasis: '' | 'config' | 'event' | 'service_account' | 'oauth_client' | 'client_name'
  readonly userId: string
  readonly userEmail: string
  readonly clientName: string
  readonly clientVersion: string
  readonly clientAddress: string
  readonly userAgent: string
}

/** What arguments and result show, told without keeping them. Of what no layer carries sizes are null. */
export interface CallFeatures {
  /** By which version they were read; 0 if there was nothing to read. */
  readonly version: number
  readonly argumentsBytes: number | null
  readonly argumentsSecrets: readonly string[]
  readonly argumentsPii: readonly string[]
  readonly argumentsEncodings: readonly string[]
  readonly argumentsHidden: number
  readonly argumentsEntropyMilli: number
  readonly destinations: readonly string[]
  readonly resultBytes: number | null
  readonly resultSecrets: readonly string[]
  readonly resultPii: readonly string[]
  readonly resultEncodings: readonly string[]
  readonly resultHidden: number
  /** Sentences that ask for something that has an effect. */
  readonly resultInstructions: number
}

/** What is known of a call beside what its layers say: from its tool, and from what came before it in the session. */
export interface Assessment {
  readonly toolClasses: readonly string[]
  /** How its arguments stand to earlier results and to what the user said; `docs/rules.md` has the words. */
  readonly flow: readonly string[]
  /** How much of what its arguments alone bring stands together in one place of an earlier result. */
  readonly flowPercent: number
  /** The calls whose results those are. */
  readonly flowFrom: readonly string[]
}

/** A call as stored: one row of the `calls` table. Which row replaces which is told by `version`. */
export interface CallRow extends Subject {
  readonly id: string
  readonly realm: string
  readonly timeUs: number
  readonly endTimeUs: number
  readonly durationUs: number | null
  readonly sessionId: string
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
  readonly decision: Decision
  readonly decisionBasis: DecisionBasis
  readonly decisionSource: DecisionSource
  readonly layers: readonly LayerView[]
  readonly outcome: CallOutcome
  readonly httpStatus: number | null
  readonly errorType: string
  readonly httpRequestId: string
  readonly jsonrpcId: string
  readonly traceId: string
  /** The event whose payload holds the arguments; `''` if none does. */
  readonly argumentsEventId: string
  readonly disagreements: readonly string[]
  readonly aliases: readonly string[]
  readonly features: CallFeatures
  readonly assessment: Assessment
  readonly isOrphan: boolean
  readonly isLateChanged: boolean
  /** Tick time of the first write; decides the partition, so that all versions of a row meet in one. */
  readonly firstWrittenMs: number
  readonly version: number
}

export type SessionStatus = 'active' | 'ended' | 'flagged' | 'revoking' | 'unconfirmed' | 'revoked'

export interface SessionRow extends Subject {
  readonly id: string
  readonly realm: string
  readonly aliases: readonly string[]
  readonly explicitId: string
  readonly startUs: number
  readonly endUs: number
  readonly calls: number
  readonly denies: number
  readonly tools: readonly string[]
  readonly servers: readonly string[]
  /**
   * The rung of the ladder: `explicit`, `mcp_session`, `login_session`, `service_account`, `user_client`, `trace`,
   * `address`, `none`.
   */
  readonly basis: string
  /** In thousandths, 0–1000. */
  readonly confidenceMilli: number
  readonly risk: number
  readonly status: SessionStatus
  readonly findings: readonly string[]
  readonly firstWrittenMs: number
  readonly version: number
}
