import * as z from 'zod'

const text = (bound: number, description: string) => z.string().max(bound).describe(description).optional()
const id = (description: string) => text(512, description)
const count = (description: string) => z.number().int().min(0).describe(description).optional()

const principal = z
  .looseObject({
    userId: id('Stable id of the person (or account) the agent acts for.'),
    userEmail: id('Their e-mail address.'),
    agentId: id(
      'Id of the agent, from an authenticated source. Not what the client calls itself: that is client.name.',
    ),
    agentName: id('Name of the agent, from the same source.'),
    serviceAccountId: id('Id of the service account, if the credential is one.'),
    oauthClientId: id('OAuth client id of the token.'),
  })
  .describe('Who asked, as far as the gateway authenticated it.')

const client = z
  .looseObject({
    name: id('clientInfo.name of the MCP client.'),
    version: id('clientInfo.version.'),
    address: id('Network address of the client.'),
    userAgent: text(2048, 'User-Agent header.'),
  })
  .describe('What the client says of itself: claims.')

const session = z
  .looseObject({
    explicitId: id('Session or conversation id that the agent states (session.id, gen_ai.conversation.id).'),
    mcpSessionId: text(8192, 'Mcp-Session-Id header. Stored as a keyed hash only.'),
    authSessionId: id('Login session of the identity-aware proxy.'),
    userText: text(
      65536,
      'What the user asked the agent for, in their own words: on the first event of the task or on each. Rules compare with it what the agent does; the words themselves are kept in the stored record only.',
    ),
  })
  .describe('What the request belongs to.')

const request = z
  .looseObject({
    httpRequestId: id('X-Request-Id as it reached the gateway: joins the event to the log of the proxy.'),
    traceparent: text(256, 'W3C traceparent header; instead of traceId and spanId.'),
    traceId: text(32, 'W3C trace id, 32 hex digits.'),
    spanId: text(16, 'Span id of this decision, 16 hex digits.'),
    parentSpanId: text(16, 'Span id of its parent.'),
    jsonrpcId: z
      .union([z.string().max(512), z.number()])
      .describe('id of the JSON-RPC request.')
      .optional(),
    method: id('MCP method, for example tools/call.'),
    tool: id('Name of the tool as the server knows it.'),
    toolExposed: id('Name of the tool as the client saw it, if the gateway renames tools.'),
    resource: text(4096, 'URI of the resource, name of the prompt.'),
    server: id('Name of the MCP server.'),
    routeId: id('Id of the route in the gateway.'),
    arguments: z.unknown().describe('params.arguments of the call. Credentials are redacted.').optional(),
    httpMethod: text(32, 'HTTP method.'),
    host: id('HTTP host.'),
    path: text(4096, 'URL path.'),
    bytes: count('Size of the request.'),
  })
  .describe('What was asked for.')

const result = z
  .looseObject({
    outcome: z
      .enum(['success', 'tool_error', 'protocol_error', 'denied', 'timeout', 'cancelled', 'failure', 'unknown'])
      .describe('What became of the call.')
      .optional(),
    httpStatus: z.number().int().min(0).max(999).describe('HTTP status.').optional(),
    durationMs: z.number().min(0).describe('How long it took, in milliseconds.').optional(),
    errorType: id('Short name of the error, from a small set.'),
    errorMessage: text(65536, 'The error in words.'),
    content: z.unknown().describe('Result of the call. Credentials are redacted.').optional(),
    bytes: count('Size of the response.'),
  })
  .describe('What came of it, if it is known when the event is sent.')

/** Our own event: what a gateway or MCP server decided about one MCP request. */
export const decisionEvent = z.looseObject({
  time: z.string().max(40).describe('RFC 3339 with offset, for example 2026-11-24T07:51:49.127Z.'),
  timeBasis: z.enum(['start', 'end']).describe('Whether time is when the request began (default) or ended.').optional(),
  id: id('Id of the event, unique within product and source. Sending it again changes nothing.'),
  layer: z.enum(['proxy', 'gateway', 'server']).describe('Where it was decided; gateway if absent.').optional(),
  product: text(64, 'Name of the software that decided.'),
  decision: z
    .enum(['allow', 'deny', 'modify', 'escalate', 'indeterminate', 'not_evaluated'])
    .describe('not_evaluated if no policy looked at the request.'),
  decisionSource: z
    .enum(['authn', 'authz', 'guardrail', 'rate_limit', 'policy', 'user', 'webhook'])
    .describe('Which part of the gateway decided.')
    .optional(),
  reasons: z.array(z.string().max(1024)).max(100).describe('Why, as short stable words.').optional(),
  policyId: id('Policy or rule that decided.'),
  policyVersion: id('Its version.'),
  principal: principal.optional(),
  client: client.optional(),
  session: session.optional(),
  request: request.optional(),
  result: result.optional(),
  attributes: z.record(z.string(), z.unknown()).describe('Anything else, OpenTelemetry names preferred.').optional(),
})

export type DecisionEvent = z.infer<typeof decisionEvent>

/** The schema compiled: valid events take a fast path. */
export const compiledDecisionEvent = z.compile(decisionEvent)

/** JSON Schema of the event, published at `/schemas/decision-event.json`. */
export const decisionEventJsonSchema: Readonly<Record<string, unknown>> = {
  $id: '/schemas/decision-event.json',
  title: 'agenttrail decision event',
  description:
    'What a gateway or MCP server decided about one MCP request. Send it as a line of JSON, alone or as the data of a CloudEvents 1.0 envelope. Unknown members are kept as attributes.',
  ...z.toJSONSchema(decisionEvent),
}
