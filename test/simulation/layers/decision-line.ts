import type { Agent, Source } from './cast.ts'
import type { TrueRequest } from './life.ts'
import type { Scenario } from './scenario.ts'

/** What one process behind the proxy knows of a request. */
export interface GatewayView {
  readonly agent: Agent
  readonly scenario: Scenario
  readonly source: Source
  /** When the layer began with it, by no source's clock. */
  readonly startUs: number
  /** How the process writes a time. */
  readonly timeOf: (timeUs: number) => string
}

export const viewOf = (of: Omit<GatewayView, 'timeOf'>): GatewayView => ({
  ...of,
  timeOf: (timeUs) => {
    const iso = new Date(Math.floor(timeUs / 1000)).toISOString()
    if (of.scenario.hasWholeSeconds) return `${iso.slice(0, 19)}Z`
    return `${iso.slice(0, 23)}${String(timeUs % 1000).padStart(3, '0')}Z`
  },
})

/** What a gateway or a server says of a request, as our own event. */
export const decisionLine = (request: TrueRequest, view: GatewayView): string => {
  const { source } = view
  const isDenied = request.refusedBy === 'gateway'
  return JSON.stringify({
    time: view.timeOf(view.startUs + source.skewUs),
    id: `${source.name}-${request.requestId}-${view.agent.index}`,
    layer: source.layer === 'gateway' ? 'gateway' : 'server',
    product: `acme-${source.layer}`,
    decision: isDenied ? 'deny' : 'allow',
    ...(source.layer === 'gateway' && { client: clientOf(view.agent) }),
    principal: principalOf(view),
    session: sessionOf(request, source),
    request: requestOf(request, view),
    result: { outcome: isDenied ? 'denied' : 'success', durationMs: request.durationUs / 1000 },
  })
}

const clientOf = (agent: Agent) => ({ name: agent.clientName, version: agent.clientVersion, address: agent.address })

/** The gateway has read the proxy's token; a server knows the user only. */
const principalOf = ({ agent, source }: GatewayView) => ({
  userId: agent.userId,
  ...(source.layer === 'gateway' && {
    userEmail: agent.email,
    ...(agent.serviceAccountId !== '' && { serviceAccountId: agent.serviceAccountId }),
  }),
})

/** The gateway writes when the answer is there, so it knows the session that an `initialize` opened. */
const sessionOf = (request: TrueRequest, source: Source) => {
  if (source.layer === 'server') return {}
  const mcpSessionId = request.mcpSessionId || request.openedSessionId
  return {
    ...(mcpSessionId !== '' && { mcpSessionId }),
    ...(request.explicitSessionId !== '' && { explicitId: request.explicitSessionId }),
  }
}

const requestOf = (request: TrueRequest, { source, scenario }: GatewayView) => {
  const { shares } = scenario
  const hasRequestId = shares === 'requestId' || (shares === 'chain' && source.layer === 'gateway')
  const hasTrace = shares === 'traceId' || shares === 'chain'
  const isBehind = source.layer !== 'gateway'
  return {
    ...(hasRequestId && { httpRequestId: request.requestId }),
    ...(hasTrace && { traceparent: `00-${request.traceId}-${request.spanId}-01` }),
    jsonrpcId: isBehind && scenario.renumbers ? request.jsonrpcId + 1000 : request.jsonrpcId,
    method: request.method,
    server: request.server,
    ...(request.tool !== '' && { tool: request.tool }),
    ...(request.tool !== '' && scenario.renamesTools && source.layer === 'gateway'
      ? { toolExposed: `${request.server}_${request.tool}` }
      : {}),
  }
}
