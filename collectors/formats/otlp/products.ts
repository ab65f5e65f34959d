import type { Layer } from '../../../src/event/event.ts'
import { agentgateway } from './agentgateway.ts'
import { contextforge } from './contextforge.ts'
import { dockerMcpGateway } from './docker-mcp-gateway.ts'
import { envoyAiGateway } from './envoy-ai-gateway.ts'
import { readClaimed } from './identity.ts'
import type { OtlpItem } from './item.ts'
import { operationOf } from './operation.ts'
import { readOutcome } from './outcome.ts'
import { pomeriumEnvoy } from './pomerium-envoy.ts'
import type { OtlpProduct } from './product.ts'
import { toolhive } from './toolhive.ts'

/** Sessions that we sent as traces ourselves: read again, each would be traced as another session. */
const ourselves: OtlpProduct = {
  name: 'agenttrail',
  layer: 'trace',
  fits: ({ scopeName }) => scopeName === 'agenttrail.sessions',
  operation: () => undefined,
  complete: () => {},
}

const known: readonly OtlpProduct[] = [
  ourselves,
  pomeriumEnvoy,
  agentgateway,
  envoyAiGateway,
  toolhive,
  dockerMcpGateway,
  contextforge,
]

const server = 2
const client = 3

/** How an item is read: a known product's way, or that of the conventions for whoever follows them. */
export const productOf = (item: OtlpItem): Required<OtlpProduct> => {
  const product = known.find(({ fits }) => fits(item)) ?? conventional(item)
  return { ...product, operation: product.operation ?? operationOf, readOutcome: product.readOutcome ?? readOutcome }
}

/** The agent's side, unless the span says that it served the request. Neither proves who sent it, so nobody is identified by it. */
const conventional = (item: OtlpItem): OtlpProduct => {
  const layer: Layer = item.spanKind === server ? 'server' : 'trace'
  return {
    name: vocabularyOf(item),
    layer,
    fits: () => true,
    complete: (event, _item, operation) => {
      readClaimed(event, item)
      // An agent framework runs the tool, its MCP client sends the request: two views of one call.
      event.kind = layer === 'trace' && item.spanKind === client && !operation.isToolRun ? 'request' : 'span'
    },
  }
}

const vocabularyOf = ({ attributes }: OtlpItem): string => {
  if (attributes.peek('openinference.span.kind') !== undefined) return 'openinference'
  return attributes.peek('traceloop.span.kind') === undefined ? 'opentelemetry' : 'traceloop'
}
