import type { Agent } from './cast.ts'
import type { TokenIssue, TrueRequest } from './life.ts'

/** Pomerium writes whole seconds. */
const secondsOf = (timeUs: number): string => `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, 19)}Z`

/** What the proxy's log fields are set to show: the tool as the client names it, and the client's headers. */
export interface ProxyView {
  readonly request: TrueRequest
  readonly agent: Agent
  /** The tool as the client names it; `''` for other methods. */
  readonly tool: string
  /** `''` where the header is absent or not logged. */
  readonly traceparent: string
}

const hostOf = 'mcp.acme.test'
const routeId = '3799620ab5d291d9'

/** What Pomerium writes when a request comes in. */
export const authorizeLine = ({ request, agent, tool, traceparent }: ProxyView, timeUs: number): string => {
  const isDenied = request.refusedBy === 'proxy'
  return JSON.stringify({
    level: 'info',
    'server-name': 'all',
    service: 'authorize',
    'request-id': request.requestId,
    'check-request-id': request.requestId,
    method: 'POST',
    path: '/mcp',
    host: hostOf,
    ip: agent.address,
    ...(agent.serviceAccountId === ''
      ? { 'session-id': request.authSessionId }
      : { 'service-account-id': agent.serviceAccountId }),
    user: agent.userId,
    email: agent.email,
    'envoy-route-checksum': 1,
    'envoy-route-id': routeId,
    'route-checksum': 1,
    'route-id': '',
    'mcp-method': request.method,
    ...(tool !== '' && { 'mcp-tool': tool }),
    headers: {
      ...(request.mcpSessionId !== '' && { 'Mcp-Session-Id': request.mcpSessionId }),
      ...(traceparent !== '' && { Traceparent: traceparent }),
      'User-Agent': `${agent.clientName}/${agent.clientVersion}`,
    },
    allow: true,
    'allow-why-true': ['domain-ok'],
    deny: isDenied,
    ...(isDenied ? { 'deny-why-true': ['mcp-tool-match'] } : { 'deny-why-false': ['mcp-tool-no-match'] }),
    time: secondsOf(timeUs),
    message: 'authorize check',
  })
}

/** What Envoy's access log has of it, stamped when it is written. A denied MCP call is answered with 200 too. */
export const accessLine = ({ request, agent, traceparent }: ProxyView, timeUs: number): string => {
  const isDenied = request.refusedBy === 'proxy'
  return JSON.stringify({
    level: 'info',
    'server-name': 'all',
    service: 'envoy',
    'upstream-cluster': isDenied ? '' : `mcp-${routeId}`,
    method: 'POST',
    authority: isDenied ? hostOf : '127.0.0.1:9402',
    path: '/mcp',
    'user-agent': `${agent.clientName}/${agent.clientVersion}`,
    referer: '',
    'forwarded-for': agent.address,
    'request-id': request.requestId,
    duration: isDenied ? 2 : request.durationUs / 1000,
    size: 148,
    'response-code': 200,
    'response-code-details': isDenied ? 'ext_authz_denied' : 'via_upstream',
    ip: agent.address,
    headers: {
      ...(request.mcpSessionId !== '' && { 'mcp-session-id': request.mcpSessionId }),
      ...(traceparent !== '' && { traceparent }),
      ...(!isDenied && {
        'x-forwarded-host': hostOf,
        'x-pomerium-claim-email': agent.email,
        'x-pomerium-claim-sid': request.authSessionId || agent.serviceAccountId,
        'x-pomerium-claim-user': agent.userId,
      }),
    },
    time: secondsOf(timeUs),
    message: 'http-request',
  })
}

/** The line in which OAuth client and login session stand together; a refresh names the token it used up. */
export const tokenLine = (agent: Agent, token: Omit<TokenIssue, 'timeUs'>, timeUs: number): string => {
  const isRefresh = token.previousRefreshTokenId !== ''
  return JSON.stringify({
    level: 'info',
    ip: agent.address,
    user_agent: `${agent.clientName}/${agent.clientVersion}`,
    'request-id': `token-${token.refreshTokenId}`,
    'client-id': agent.oauthClientId,
    'user-id': agent.userId,
    'session-id': token.authSessionId,
    ...(isRefresh
      ? { 'old-refresh-token-id': token.previousRefreshTokenId, 'new-refresh-token-id': token.refreshTokenId }
      : { 'refresh-token-id': token.refreshTokenId }),
    'expires-in': 50_399,
    scope: '',
    time: secondsOf(timeUs),
    message: isRefresh
      ? 'mcp/token/refresh: token refreshed successfully'
      : 'mcp/token/auth-code: token issued successfully',
  })
}
