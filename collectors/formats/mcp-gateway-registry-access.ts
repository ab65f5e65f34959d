import type { ActivityEvent, CallOutcome } from '../../src/event/event.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { dropNulls } from './drop-nulls.ts'
import { noTime, readHttpRequest, registryEvent, registryTime } from './mcp-gateway-registry-record.ts'
import { readDurationMs } from './read-duration-ms.ts'
import { endedAt } from './read-times.ts'
import { sealSession } from './seal-session.ts'
import { SourceFields } from './source-fields.ts'

/** `mcp_server_access`: one MCP request that the gateway passed to a server. What it refused is not in this log. */
export const readMcpAccess: Format['read'] = (value, origin, context) => {
  const fields = new SourceFields(value)
  dropNulls(fields, value)
  const time = registryTime(fields)
  if (time === undefined) return rejected(noTime)
  const event = registryEvent(origin, fields)
  endedAt(event, time, readDurationMs(fields, 'mcp_response', 'duration_ms'))
  readHttpRequest(event, fields)
  const sealed = sealSession(event, { fields, context }, 'mcp_request', 'mcp_session_id')
  event.server = fields.text('mcp_server', 'name')
  event.method = fields.text('mcp_request', 'method')
  event.tool = fields.text('mcp_request', 'tool_name')
  event.toolExposed = event.tool
  event.resource = fields.text('mcp_request', 'resource_uri')
  event.jsonrpcId = fields.id('mcp_request', 'jsonrpc_id')
  readOutcome(event, fields)
  fields.rest(event.attributes)
  // Older versions take the record's id from a header, so a client could have its later records taken for duplicates.
  return ok({ events: [event], sealed, vendorId: '' })
}

const outcomes: Readonly<Record<string, CallOutcome>> = { success: 'success', error: 'failure', timeout: 'timeout' }

const readOutcome = (event: ActivityEvent, fields: SourceFields): void => {
  const status = fields.peek('mcp_response', 'status')
  if (typeof status === 'string' && Object.hasOwn(outcomes, status)) {
    event.outcome = outcomes[fields.text('mcp_response', 'status')] ?? 'unknown'
  }
  event.errorType = fields.id('mcp_response', 'error_code')
  event.errorMessage = fields.text('mcp_response', 'error_message')
  // A code of JSON-RPC means that there was an answer, and that it was an error.
  if (event.outcome === 'failure' && event.errorType !== '') event.outcome = 'protocol_error'
}
