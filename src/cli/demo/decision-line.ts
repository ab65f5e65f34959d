import type { ProxiedRequest } from './pomerium-lines.ts'

export interface GatewayDecision {
  readonly id: string
  readonly timeMs: number
  readonly durationMs: number
  readonly jsonrpcId: number
  readonly reason: string
  readonly isDenied: boolean
  readonly content: string
}

/** What the MCP gateway behind the proxy decided, as an event in the `agenttrail` format. */
export const decisionLine = (request: ProxiedRequest, decision: GatewayDecision): string => {
  const { agent, server } = request
  return JSON.stringify({
    time: new Date(decision.timeMs).toISOString(),
    id: decision.id,
    layer: 'gateway',
    product: 'acme-gateway',
    decision: decision.isDenied ? 'deny' : 'allow',
    decisionSource: 'policy',
    reasons: [decision.reason || 'tool_in_role'],
    policyId: `${server.name}-roles`,
    policyVersion: '7',
    principal: {
      userId: agent.userId,
      userEmail: agent.email,
      ...(agent.serviceAccountId !== '' && { serviceAccountId: agent.serviceAccountId }),
      ...(agent.oauthClientId !== '' && { oauthClientId: agent.oauthClientId }),
    },
    client: { name: agent.name, userAgent: agent.userAgent, address: agent.address },
    session: {
      ...(request.mcpSessionId !== '' && { mcpSessionId: request.mcpSessionId }),
      ...(request.authSessionId !== '' && { authSessionId: request.authSessionId }),
    },
    request: {
      httpRequestId: request.requestId,
      traceparent: request.traceparent,
      ...(!request.method.startsWith('notifications/') && { jsonrpcId: decision.jsonrpcId }),
      method: request.method,
      server: server.name,
      ...(request.tool !== '' && { tool: request.tool, arguments: request.arguments ?? {} }),
    },
    result: {
      outcome: decision.isDenied ? 'denied' : 'success',
      durationMs: decision.durationMs,
      ...(decision.content !== '' && { content: [{ type: 'text', text: decision.content }] }),
    },
  })
}
