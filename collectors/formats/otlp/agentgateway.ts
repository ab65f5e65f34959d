import type { ActivityEvent } from '../../../src/event/event.ts'
import { readAgentgatewayIdentity } from '../agentgateway-identity.ts'
import { readAgentgatewayResult } from '../agentgateway-result.ts'
import { readAgentgatewayRoute } from '../agentgateway-route.ts'
import { parseDuration } from '../parse-duration.ts'
import { endedAt } from '../read-times.ts'
import { withoutPort } from '../without-port.ts'
import { readAuthenticated } from './identity.ts'
import type { OtlpItem } from './item.ts'
import { operationOf } from './operation.ts'
import type { OtlpProduct } from './product.ts'

/** agentgateway: its access log over OTLP, the span of a request with the same keys, and the span of its call upstream. */
export const agentgateway: OtlpProduct = {
  name: 'agentgateway',
  layer: 'gateway',
  fits: ({ serviceName, scopeName }) => serviceName === 'agentgateway' || /^agentgateway(\.|$)/.test(scopeName),

  operation: (item) => {
    const operation = operationOf(item)
    if (operation !== undefined) return operation
    const { attributes } = item
    const protocol = attributes.peek('protocol')
    // The gateway also carries models and plain HTTP. What is refused before it is read tells only that it was a POST.
    const isUnread =
      protocol === undefined && attributes.peek('reason') !== undefined && attributes.peek('http.method') === 'POST'
    return protocol === 'mcp' || isUnread ? { method: '', isToolRun: false, targetInName: '' } : undefined
  },

  readOutcome: (event, { attributes, signal }) => {
    readAgentgatewayResult(event, attributes)
    // A span has no `error`: that MCP's layer ended the request is all that it tells.
    if (signal === 'span' && event.errorType === 'MCP' && event.outcome === 'success') event.outcome = 'unknown'
  },

  complete: (event, item) => {
    const { attributes } = item
    readAgentgatewayIdentity(event, attributes)
    readAuthenticated(event, item)
    event.routeId = readAgentgatewayRoute(attributes)
    // The whole of it, with the port, stays an attribute.
    if (event.clientAddress === '') event.clientAddress = withoutPort(attributes.peek('src.addr'))
    readKind(event, item)
    for (const [name, id] of [
      ['trace.id', event.traceId],
      ['span.id', event.spanId],
    ] as const) {
      if (attributes.peek(name) === id) attributes.drop(name)
    }
  },
}

const readKind = (event: ActivityEvent, { signal, name, attributes }: OtlpItem): void => {
  event.kind = event.method === '' && event.decision !== 'deny' ? 'web' : signal === 'log' ? 'request' : 'span'
  if (signal === 'log') readEnd(event, attributes)
  if (attributes.peek('agentgateway.outbound.kind') === undefined) return
  // The same request on its way to the server: a leg of the call, no call of its own.
  event.kind = 'access'
  const exposed = name.startsWith(`${event.method} `) ? name.slice(event.method.length + 1) : ''
  if (event.tool !== '' && exposed !== '') event.toolExposed = exposed
}

/** The line is written when the request has ended; its duration leads back to the start. */
const readEnd = (event: ActivityEvent, attributes: OtlpItem['attributes']): void => {
  const lasted = parseDuration(String(attributes.peek('duration')))
  if (lasted !== undefined) attributes.drop('duration')
  endedAt(event, { timeUs: event.timeUs, precisionUs: event.timePrecisionUs }, lasted)
}
