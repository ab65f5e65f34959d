import type { GatewayView } from './decision-line.ts'
import type { TrueRequest } from './life.ts'

/** The span of an instrumented server by the conventions for MCP, as the Collector's file exporter writes it. */
export const spanLine = (request: TrueRequest, view: GatewayView): string => {
  const { agent, source, scenario } = view
  const startUs = view.startUs + source.skewUs
  const mcpSessionId = request.mcpSessionId || request.openedSessionId
  const attributes: Readonly<Record<string, string>> = {
    'mcp.method.name': request.method,
    'jsonrpc.request.id': String(scenario.renumbers ? request.jsonrpcId + 1000 : request.jsonrpcId),
    'mcp.server.name': request.server,
    ...(request.tool !== '' && { 'gen_ai.tool.name': request.tool, 'gen_ai.operation.name': 'execute_tool' }),
    ...(mcpSessionId !== '' && { 'mcp.session.id': mcpSessionId }),
    ...(scenario.shares === 'requestId' && { 'http.request.header.x-request-id': request.requestId }),
  }
  const span = {
    traceId: request.traceId,
    // A span's own id is the tracer's, whatever the caller chose.
    spanId: `${agent.index.toString(16).padStart(4, '0')}${request.spanId.slice(4)}`,
    parentSpanId: request.spanId,
    name: request.tool === '' ? request.method : `${request.method} ${request.tool}`,
    kind: 2,
    startTimeUnixNano: `${startUs}000`,
    endTimeUnixNano: `${startUs + request.durationUs}000`,
    attributes: Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } })),
    status: {},
  }
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: [{ key: 'service.name', value: { stringValue: 'acme-mcp-server' } }] },
        scopeSpans: [{ scope: { name: 'acme-mcp' }, spans: [span] }],
      },
    ],
  })
}
