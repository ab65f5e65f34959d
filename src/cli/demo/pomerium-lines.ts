import type { Agent, McpServer } from './cast.ts'

/** What both lines of one request say of it. */
export interface ProxiedRequest {
  readonly agent: Agent
  readonly server: McpServer
  readonly requestId: string
  readonly authSessionId: string
  /** `''` before the server has given one. */
  readonly mcpSessionId: string
  readonly traceparent: string
  readonly method: string
  readonly tool: string
  readonly arguments: Readonly<Record<string, unknown>> | null
  readonly isDenied: boolean
}

const domain = 'acme.test'

/** Pomerium writes whole seconds. */
const secondsOf = (timeMs: number): string => `${new Date(timeMs).toISOString().slice(0, 19)}Z`

const hostOf = (server: McpServer): string => `${server.name}.${domain}`

/** The line that Pomerium writes when a request comes in: fields, order and types as a running one writes them. */
export const authorizeLine = (request: ProxiedRequest, timeMs: number): string => {
  const { agent, server } = request
  const isCall = request.tool !== ''
  return withBareChecksums({
    level: 'info',
    'server-name': 'all',
    service: 'authorize',
    'request-id': request.requestId,
    'check-request-id': request.requestId,
    method: 'POST',
    path: '/mcp',
    host: hostOf(server),
    ip: agent.address,
    ...(agent.serviceAccountId === ''
      ? { 'session-id': request.authSessionId }
      : { 'service-account-id': agent.serviceAccountId }),
    user: agent.userId,
    email: agent.email,
    'envoy-route-checksum': server.routeChecksum,
    'envoy-route-id': server.routeId,
    'route-checksum': server.routeChecksum,
    'route-id': '',
    'mcp-method': request.method,
    ...(isCall && { 'mcp-tool': request.tool, 'mcp-tool-parameters': request.arguments ?? {} }),
    headers: {
      ...(request.mcpSessionId !== '' && { 'Mcp-Session-Id': request.mcpSessionId }),
      Traceparent: request.traceparent,
      'User-Agent': agent.userAgent,
    },
    allow: true,
    'allow-why-true': ['domain-ok'],
    deny: request.isDenied,
    ...(request.isDenied
      ? { 'deny-why-true': ['mcp-tool-match'] }
      : { 'deny-why-false': [isCall ? 'mcp-tool-no-match' : 'mcp-not-a-tool-call'] }),
    time: secondsOf(timeMs),
    message: 'authorize check',
  })
}

/** Pomerium writes its checksums as numbers, above what a double holds. */
const withBareChecksums = (line: object): string =>
  JSON.stringify(line).replace(/("(?:envoy-)?route-checksum":)"(\d+)"/g, '$1$2')

/** The line that Envoy's access log has of the request, about a second after its end. */
export const accessLine = (
  request: ProxiedRequest,
  response: {
    readonly writtenMs: number
    readonly durationMs: number
    readonly bytes: number
    readonly status: number
  },
): string => {
  const { agent, server, isDenied } = request
  return JSON.stringify({
    level: 'info',
    'server-name': 'all',
    service: 'envoy',
    'upstream-cluster': isDenied ? '' : `${server.name}-${server.routeId}`,
    method: 'POST',
    authority: isDenied ? hostOf(server) : server.upstream,
    path: '/mcp',
    'user-agent': agent.userAgent,
    referer: '',
    'forwarded-for': agent.address,
    'request-id': request.requestId,
    duration: response.durationMs,
    size: response.bytes,
    'response-code': response.status,
    'response-code-details': isDenied ? 'ext_authz_denied' : 'via_upstream',
    ip: agent.address,
    headers: {
      ...(request.mcpSessionId !== '' && { 'mcp-session-id': request.mcpSessionId }),
      traceparent: request.traceparent,
      ...(!isDenied && { 'x-forwarded-host': hostOf(server) }),
    },
    time: secondsOf(response.writtenMs),
    message: 'http-request',
  })
}

/** Pomerium's gRPC server says this after every check; it is ignored. */
export const finishedLine = (timeMs: number, durationMs: number): string =>
  JSON.stringify({
    level: 'info',
    'server-name': 'all',
    'grpc.service': 'envoy.service.auth.v3.Authorization',
    'grpc.method': 'Check',
    'grpc.code': 'OK',
    'grpc.duration': durationMs,
    time: secondsOf(timeMs),
    message: 'finished call',
  })

/** The line in which OAuth client and login session stand together. */
export const tokenLine = (
  agent: Agent,
  ids: { readonly requestId: string; readonly authSessionId: string; readonly refreshTokenId: string },
  timeMs: number,
): string =>
  JSON.stringify({
    level: 'info',
    ip: agent.address,
    user_agent: agent.userAgent,
    'request-id': ids.requestId,
    'client-id': agent.oauthClientId,
    'user-id': agent.userId,
    'session-id': ids.authSessionId,
    'refresh-token-id': ids.refreshTokenId,
    'expires-in': 50_399,
    scope: '',
    time: secondsOf(timeMs),
    message: 'mcp/token/auth-code: token issued successfully',
  })
