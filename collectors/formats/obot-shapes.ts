type Path = readonly string[]

/** Where each thing stands in one shape of Obot's call records. */
export interface ObotShape {
  readonly time: Path
  readonly method: Path
  readonly name: Path
  readonly userId: Path
  readonly clientName: readonly Path[]
  readonly clientVersion: readonly Path[]
  readonly userAgent: Path
  readonly clientAddress: Path
  readonly sessionId: Path
  readonly requestId: Path
  readonly status: Path
  readonly httpStatus: Path
  readonly error: Path
  readonly durationMs: Path
  readonly webhooks: Path
  readonly request: { readonly headers: Path; readonly body: Path; readonly isMutated: Path }
  readonly response: { readonly headers: Path; readonly body: Path; readonly isMutated: Path }
}

/** `{timestamp, eventType, actor, action, target, outcome, client, details}`. */
export const item: ObotShape = {
  time: ['timestamp', 'occurredAt'],
  method: ['action', 'operation'],
  name: ['action', 'name'],
  userId: ['actor', 'id'],
  clientName: [['details', 'client', 'name'], ['client']],
  clientVersion: [
    ['details', 'client', 'version'],
    ['details', 'agent', 'version'],
  ],
  userAgent: ['details', 'client', 'userAgent'],
  clientAddress: ['details', 'network', 'clientIP'],
  sessionId: ['details', 'trace', 'sessionID'],
  requestId: ['details', 'trace', 'requestID'],
  status: ['outcome', 'status'],
  httpStatus: ['outcome', 'httpStatus'],
  error: ['outcome', 'error'],
  durationMs: ['outcome', 'durationMs'],
  webhooks: ['details', 'webhookStatuses'],
  request: {
    headers: ['details', 'request', 'headers'],
    body: ['details', 'request', 'body'],
    isMutated: ['details', 'request', 'mutated'],
  },
  response: {
    headers: ['details', 'response', 'headers'],
    body: ['details', 'response', 'body'],
    isMutated: ['details', 'response', 'mutated'],
  },
}

/** The flat row of Obot's table. */
export const row: ObotShape = {
  time: ['createdAt'],
  method: ['callType'],
  name: ['callIdentifier'],
  userId: ['userID'],
  clientName: [['clientName'], ['client', 'name']],
  clientVersion: [['clientVersion'], ['client', 'version']],
  userAgent: ['userAgent'],
  clientAddress: ['clientIP'],
  sessionId: ['sessionID'],
  requestId: ['requestID'],
  status: [],
  httpStatus: ['responseStatus'],
  error: ['error'],
  durationMs: ['processingTimeMs'],
  webhooks: ['webhookStatuses'],
  request: { headers: ['requestHeaders'], body: ['requestBody'], isMutated: ['requestMutated'] },
  response: { headers: ['responseHeaders'], body: ['responseBody'], isMutated: ['responseMutated'] },
}
