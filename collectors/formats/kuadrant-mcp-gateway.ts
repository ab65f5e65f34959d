import type { Format } from '../../src/ingest/format.ts'
import { ignored } from '../../src/ingest/outcome.ts'
import { readKuadrantAccess } from './kuadrant-access.ts'
import { readKuadrantAudit } from './kuadrant-audit.ts'

/** Kuadrant's MCP gateway (Red Hat Connectivity Link): its router's audit lines, and its Envoy's access lines. */
export const kuadrantMcpGateway: Format = {
  name: 'kuadrant-mcp-gateway',

  recognises: (value) => isAudit(value) || isAccess(value),

  read: (value, origin, context) => {
    if (isAudit(value)) return readKuadrantAudit(value, origin, context)
    return isAccess(value) ? readKuadrantAccess(value, origin, context) : ignored('operational line')
  },
}

/** Go's text handler writes the same line with every value as text. */
const isAudit = ({ audit, msg, session }: Readonly<Record<string, unknown>>): boolean =>
  (audit === true || audit === 'true') && typeof msg === 'string' && session !== undefined

const isAccess = (value: Readonly<Record<string, unknown>>): boolean =>
  'mcp_method' in value && 'mcp_session_id' in value && 'timestamp' in value
