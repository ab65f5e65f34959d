import { readAuthenticated } from './identity.ts'
import type { OtlpProduct } from './product.ts'

/** Envoy AI Gateway, in the vocabulary of its own (`CallTool`) and in the conventions'. */
export const envoyAiGateway: OtlpProduct = {
  name: 'envoy-ai-gateway',
  layer: 'gateway',
  fits: ({ serviceName, scopeName, events }) =>
    serviceName === 'ai-gateway' ||
    scopeName.includes('envoyproxy/ai-gateway') ||
    events.some((event) => event.name === 'route to backend'),

  complete: (event, item) => {
    readAuthenticated(event, item)
    const routed = item.events.find(({ name }) => name === 'route to backend')
    const backend = item.around.peek(`${routed?.path}mcp.backend.name`)
    // A denied request is routed nowhere: then the prefix of the tool's name is all that tells the backend.
    const split = event.toolExposed.indexOf('__')
    if (split > 0) {
      event.tool = event.toolExposed.slice(split + 2)
      if (event.server === '') event.server = event.toolExposed.slice(0, split)
    }
    if (typeof backend === 'string' && backend !== '') event.server = backend
    event.kind = 'span'
    if (event.errorMessage !== 'authorization failed') return
    event.decision = 'deny'
    event.decisionSource = 'authz'
    event.decisionBasis = 'inferred_text'
    event.decisionReasons = [event.errorMessage]
    event.outcome = 'denied'
  },
}
