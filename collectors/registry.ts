import type { Format } from '../src/ingest/format.ts'
import { agentgateway } from './formats/agentgateway.ts'
import { agenttrail } from './formats/agenttrail.ts'
import { cloudflareMcpPortal } from './formats/cloudflare-mcp-portal.ts'
import { contextforge } from './formats/contextforge.ts'
import { dockerMcpGateway } from './formats/docker-mcp-gateway.ts'
import { envoyAiGateway } from './formats/envoy-ai-gateway.ts'
import { kong } from './formats/kong.ts'
import { kuadrantMcpGateway } from './formats/kuadrant-mcp-gateway.ts'
import { lassoMcpGateway } from './formats/lasso-mcp-gateway.ts'
import { litellm } from './formats/litellm.ts'
import { mcpGatewayRegistry } from './formats/mcp-gateway-registry.ts'
import { obot } from './formats/obot.ts'
import { createOtlpJson } from './formats/otlp-json.ts'
import { pomerium } from './formats/pomerium.ts'
import { pomeriumDatabroker } from './formats/pomerium-databroker.ts'
import { teleport } from './formats/teleport.ts'
import { toolhive } from './formats/toolhive.ts'

const lineFormats: readonly Format[] = [
  agenttrail,
  agentgateway,
  pomerium,
  envoyAiGateway,
  kuadrantMcpGateway,
  toolhive,
  dockerMcpGateway,
  obot,
  contextforge,
  litellm,
  kong,
  teleport,
  cloudflareMcpPortal,
  mcpGatewayRegistry,
  lassoMcpGateway,
  pomeriumDatabroker,
]

/** Every format there is, in the order in which `auto` asks them: the common ones first, so that others cost them nothing. */
export const formats: readonly Format[] = [...lineFormats, createOtlpJson(lineFormats)]

/** What a source or a request may name as its format. */
export const formatNames: readonly string[] = ['auto', ...formats.map((format) => format.name)]
