/** The layer of the path that saw something: the identity-aware proxy, the MCP gateway, the MCP server, or a trace. */
export type Layer = 'proxy' | 'gateway' | 'server' | 'trace'

export type Decision = 'allow' | 'deny' | 'modify' | 'escalate' | 'indeterminate' | 'not_evaluated'
/** How a decision is known. `''` where there is none (`not_evaluated`). */
export type DecisionBasis = '' | 'explicit' | 'inferred_status' | 'inferred_text' | 'inferred_code'
export type DecisionSource = '' | 'authn' | 'authz' | 'guardrail' | 'rate_limit' | 'policy' | 'user' | 'webhook'
export type CallOutcome =
  | 'success'
  | 'tool_error'
  | 'protocol_error'
  | 'denied'
  | 'timeout'
  | 'cancelled'
  | 'failure'
  | 'unknown'

/**
 * What an event is of. `decision`, `access`, `request` and `span` of an MCP request become part of a call;
 * `auth` (token issue, refresh, sign-in), `parse_failure`, `web`, `admin` (a gateway's own servers, tools and settings being
 * loaded, changed or looked at) and `workflow` (what a gateway does by itself within a call) stay events.
 */
export type EventKind =
  | 'decision'
  | 'access'
  | 'request'
  | 'span'
  | 'parse_failure'
  | 'auth'
  | 'web'
  | 'admin'
  | 'workflow'

/**
 * One thing that one layer saw: canonical, append-only evidence. Flat; unknown is `''` or `null`, never guessed.
 * Times are microseconds since 1970 (UTC) as integers, exact in a double until the year 2255.
 * Names follow OpenTelemetry semantic conventions where one exists; `src/store` maps them to columns.
 */
export interface ActivityEvent {
  /** Identity: the record's id + `.` + ordinal within the record; the same record always yields the same id. */
  eventId: string
  realm: string
  kind: EventKind
  layer: Layer
  /** `pomerium`, `agenttrail`, a gateway's name. */
  product: string
  format: string
  /** The configured source (an instance, a file, a cluster) that the record came from. */
  source: string
  /** Orders the records of one source: byte offset, Kafka offset or ordinal in the batch. Part of identity, never of arrival. */
  sourcePosition: number
  /** The vendor's own id of this event, `''` if it has none. */
  sourceEventId: string

  /** Start of what was seen. A source that gives the end has its start computed. */
  timeUs: number
  endTimeUs: number | null
  /** Which of the two the source gave. */
  timeBasis: 'start' | 'end'
  /** What the source's clock can tell apart: 1_000_000 for whole seconds. */
  timePrecisionUs: number
  durationUs: number | null
  /** When the record was received (its batch's time). */
  observedTimeUs: number

  userId: string
  userEmail: string
  /** Set where the credential is a service account. */
  serviceAccountId: string
  /** Agent id from an authenticated layer (`gen_ai.agent.id`, an `act` claim); a client's own claim never lands here. */
  agentId: string
  agentName: string
  /** OAuth client id, where a layer states it. */
  oauthClientId: string
  clientName: string
  clientVersion: string
  clientAddress: string
  userAgent: string

  /** An id of the agent's session that a client or gateway states outright (`session.id`, conversation id). A claim. */
  explicitSessionId: string
  /** Keyed hash of the MCP session id: `hmac:<key id>:<32 hex digits>`. */
  mcpSessionId: string
  /** The login session (Pomerium's session-id): revocable, not a bearer secret by itself. */
  authSessionId: string
  traceId: string
  spanId: string
  parentSpanId: string
  /**
   * The other traces that a span states it belongs with: its links. A server whose parent is the caller's `_meta` context
   * links the trace of the HTTP request, and the other way round. Claims, as trace ids are.
   */
  linkedTraceIds: readonly string[]
  httpRequestId: string
  /** Always text; never unique on its own. */
  jsonrpcId: string

  /** `tools/call`, `initialize`, …; `batch` for a JSON-RPC batch; `''` if the layer does not know it. */
  method: string
  /** The bare upstream name. */
  tool: string
  /** As the client saw it. */
  toolExposed: string
  resource: string
  server: string
  routeId: string
  httpMethod: string
  httpHost: string
  urlPath: string
  httpStatus: number | null

  decision: Decision
  decisionBasis: DecisionBasis
  decisionSource: DecisionSource
  decisionReasons: readonly string[]
  policyId: string
  policyVersion: string

  outcome: CallOutcome
  errorType: string
  errorMessage: string

  /** Redacted JSON text, `''` if the layer does not carry it. */
  arguments: string
  result: string
  /** What the user said that the agent acts on, redacted; `''` if the layer does not tell. Not stored beyond the record. */
  userText: string
  requestBytes: number | null
  responseBytes: number | null

  /** For `auth` events: the ids that chain one login session to the next. */
  refreshTokenId: string
  previousRefreshTokenId: string

  /** Every source key that no field above takes, dotted path → text. Numbers keep their digits. */
  attributes: Readonly<Record<string, string>>
}

/** Whether an event is a layer's view of an MCP request, and so of a call. */
export const isOfCall = (event: Pick<ActivityEvent, 'kind'>): boolean =>
  event.kind === 'decision' || event.kind === 'access' || event.kind === 'request' || event.kind === 'span'

/**
 * An event with every field at its "unknown" value. Formats spread into it, so that all events share one shape:
 * that keeps the analyser's property reads monomorphic.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a line for each field.
export const emptyEvent = (): ActivityEvent => ({
  eventId: '',
  realm: '',
  kind: 'request',
  layer: 'gateway',
  product: '',
  format: '',
  source: '',
  sourcePosition: 0,
  sourceEventId: '',
  timeUs: 0,
  endTimeUs: null,
  timeBasis: 'start',
  timePrecisionUs: 1,
  durationUs: null,
  observedTimeUs: 0,
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
  traceId: '',
  spanId: '',
  parentSpanId: '',
  linkedTraceIds: [],
  httpRequestId: '',
  jsonrpcId: '',
  method: '',
  tool: '',
  toolExposed: '',
  resource: '',
  server: '',
  routeId: '',
  httpMethod: '',
  httpHost: '',
  urlPath: '',
  httpStatus: null,
  decision: 'not_evaluated',
  decisionBasis: '',
  decisionSource: '',
  decisionReasons: [],
  policyId: '',
  policyVersion: '',
  outcome: 'unknown',
  errorType: '',
  errorMessage: '',
  arguments: '',
  result: '',
  userText: '',
  requestBytes: null,
  responseBytes: null,
  refreshTokenId: '',
  previousRefreshTokenId: '',
  attributes: {},
})
