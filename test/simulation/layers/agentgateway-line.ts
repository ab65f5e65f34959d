import type { GatewayView } from './decision-line.ts'
import type { TrueRequest } from './life.ts'

/**
 * agentgateway's access log as its operator's guide sets it up: written at the end, no JSON-RPC id, the bare tool, and no
 * decision but what a refusal's text gives away.
 */
export const agentgatewayLine = (request: TrueRequest, view: GatewayView): string => {
  const { agent, source, scenario } = view
  const { shares } = scenario
  const endUs = view.startUs + request.durationUs + source.skewUs
  const isDenied = request.refusedBy === 'gateway'
  const mcpSessionId = request.mcpSessionId || request.openedSessionId
  return JSON.stringify({
    level: 'info',
    time: view.timeOf(endUs),
    scope: 'request',
    gateway: 'default/default',
    listener: 'listener0',
    route: 'default/mcp',
    'src.addr': '10.0.0.5:51234',
    'http.method': 'POST',
    'http.host': 'mcp.acme.test',
    'http.path': '/mcp',
    'http.version': 'HTTP/1.1',
    'http.status': isDenied ? 400 : 200,
    ...((shares === 'traceId' || shares === 'chain') && { 'trace.id': request.traceId, 'span.id': request.spanId }),
    'jwt.sub': agent.userId,
    'user.email': agent.email,
    ...((shares === 'requestId' || shares === 'chain') && { 'http.request.header.x-request-id': request.requestId }),
    'user_agent.original': `${agent.clientName}/${agent.clientVersion}`,
    protocol: 'mcp',
    'mcp.method.name': request.method,
    'mcp.target': request.server,
    ...(request.tool !== '' && { 'mcp.resource.type': 'tool', 'gen_ai.tool.name': request.tool }),
    ...(mcpSessionId !== '' && { 'mcp.session.id': mcpSessionId }),
    ...(request.explicitSessionId !== '' && { 'session.id': request.explicitSessionId }),
    ...(isDenied && { error: `mcp: Unknown tool: ${request.server}_${request.tool}`, reason: 'MCP' }),
    duration: `${request.durationUs / 1000}ms`,
  })
}
