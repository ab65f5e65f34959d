import { readAuthenticated } from './identity.ts'
import type { OtlpProduct } from './product.ts'

/** ToolHive's proxies and its virtual MCP server. */
export const toolhive: OtlpProduct = {
  name: 'toolhive',
  layer: 'gateway',
  fits: ({ serviceName, scopeName }) => /stacklok\/toolhive/.test(scopeName) || /^(toolhive|thv-)/.test(serviceName),

  complete: (event, item) => {
    readAuthenticated(event, item)
    event.kind = 'span'
    const status = event.httpStatus ?? Number(event.errorType)
    if (status !== 401 && status !== 403) return
    // The server behind it may have answered so itself: hence no more than inferred.
    event.decision = 'deny'
    event.decisionSource = status === 401 ? 'authn' : 'authz'
    event.decisionBasis = 'inferred_status'
    event.decisionReasons = [String(status)]
    event.outcome = 'denied'
  },
}
