/** One request that a gateway asks about: who it seems to be of, and what it is. Unknown is `''`. */
export interface DecisionRequest {
  readonly realm: string
  /** As it arrived; only its keyed hash is compared and kept. */
  readonly mcpSessionId: string
  /** As it arrived: the bearer token or API key. Never kept. */
  readonly credential: string
  readonly explicitSessionId: string
  readonly authSessionId: string
  /** All that anybody states: a header that a client adds may add a reason to deny, and take none away. */
  readonly agentIds: readonly string[]
  readonly oauthClientId: string
  readonly userIds: readonly string[]
  readonly userEmails: readonly string[]
  readonly clientAddress: string
  readonly userAgent: string
  readonly httpRequestId: string
  readonly traceparent: string
  readonly method: string
  readonly tool: string
  readonly resource: string
  readonly jsonrpcId: string | number
  readonly server: string
  readonly httpMethod: string
  readonly host: string
  readonly path: string
}

export const emptyRequest: DecisionRequest = {
  realm: 'default',
  mcpSessionId: '',
  credential: '',
  explicitSessionId: '',
  authSessionId: '',
  agentIds: [],
  oauthClientId: '',
  userIds: [],
  userEmails: [],
  clientAddress: '',
  userAgent: '',
  httpRequestId: '',
  traceparent: '',
  method: '',
  tool: '',
  resource: '',
  jsonrpcId: '',
  server: '',
  httpMethod: '',
  host: '',
  path: '',
}
