import type { Format } from '../../src/ingest/format.ts'
import { rejected } from '../../src/ingest/outcome.ts'
import { readMcpAccess } from './mcp-gateway-registry-access.ts'
import { readApiAccess } from './mcp-gateway-registry-api.ts'
import { readTokenMint } from './mcp-gateway-registry-token.ts'

const readers: Readonly<Record<string, Format['read']>> = {
  mcp_server_access: readMcpAccess,
  registry_api_access: readApiAccess,
  token_mint: readTokenMint,
}

/** The audit log of the MCP gateway and registry of agentic-community: MCP requests, calls of its own API, tokens issued. */
export const mcpGatewayRegistry: Format = {
  name: 'mcp-gateway-registry',

  recognises: (value) =>
    typeof value['log_type'] === 'string' && Object.hasOwn(readers, value['log_type']) && 'request_id' in value,

  read: (value, origin, context) => {
    const type = value['log_type']
    const read = typeof type === 'string' && Object.hasOwn(readers, type) ? readers[type] : undefined
    if (read === undefined) return rejected(`log_type is none of ${Object.keys(readers).join(', ')}`)
    return read(value, origin, context)
  },
}
