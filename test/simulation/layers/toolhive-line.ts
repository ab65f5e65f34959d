import type { GatewayView } from './decision-line.ts'
import type { TrueRequest } from './life.ts'

const types: Readonly<Record<string, string>> = {
  initialize: 'mcp_initialize',
  'tools/list': 'mcp_tools_list',
  'tools/call': 'mcp_tool_call',
}

/** ToolHive's audit line in front of the server: request id and user, but no session, trace or JSON-RPC id. */
export const toolhiveLine = (request: TrueRequest, view: GatewayView): string => {
  const { agent, source, scenario } = view
  const time = view.timeOf(view.startUs + request.durationUs + source.skewUs)
  const exposed = scenario.renamesTools ? `${request.server}_${request.tool}` : request.tool
  return JSON.stringify({
    time,
    level: 'AUDIT',
    msg: 'audit_event',
    audit_id: `${source.name}-${request.requestId}-${agent.index}`,
    type: types[request.method],
    logged_at: time,
    outcome: 'success',
    component: 'vmcp-acme',
    source: {
      type: 'network',
      value: '10.0.0.9',
      extra: { user_agent: 'acme-gateway/1.4', request_id: request.requestId },
    },
    subjects: { user: agent.email, user_id: agent.userId },
    target: {
      endpoint: '/mcp',
      method: request.method,
      ...(request.tool !== '' && { name: exposed, type: 'tool' }),
    },
    metadata: {
      extra: { duration_ms: Math.round(request.durationUs / 1000), transport: 'http', backend_name: request.server },
    },
  })
}
