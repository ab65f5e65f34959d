import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { bareTool } from './bare-tool.ts'
import { readEnvoyVerdict } from './envoy-answer.ts'
import { sealKuadrantSession } from './kuadrant-session.ts'
import { readInteger } from './read-integer.ts'
import { endedAt } from './read-times.ts'
import { readSpanId, readTraceId } from './read-trace.ts'
import { setUser } from './set-user.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** How exact a start is that can only be called "before the end": most calls take less. */
const unknownStartUs = 1_000_000

/**
 * The router's line about one tool call, written when it was answered. It says the same `tool call` of all, and what came
 * of it by the status. What an AuthPolicy refused before the router is not among them.
 */
export const readKuadrantAudit: Format['read'] = (line, origin, context) => {
  const time = parseTime(line['time'])
  if (time === undefined) return rejected('time is missing or not RFC 3339')
  const fields = new SourceFields(line)
  for (const key of ['time', 'audit']) fields.drop(key)
  if (line['level'] === 'INFO') fields.drop('level')
  const event = vendorEvent(origin, { name: 'kuadrant-mcp-gateway', layer: 'gateway' })
  // Apart from Envoy's line, which is a `request`: one call has both.
  event.kind = 'decision'
  endedAt(event, time, { durationUs: 0, precisionUs: unknownStartUs })
  event.durationUs = null
  setUser(event, fields.text('user'))
  event.httpRequestId = fields.text('request_id')
  event.traceId = readTraceId(fields, 'trace_id')
  event.spanId = readSpanId(fields, 'span_id')
  readTool(event, fields)
  readStatus(event, fields)
  const sealed = sealKuadrantSession(event, fields.text('session'), context)
  fields.rest(event.attributes)
  return ok({ events: [event], sealed, vendorId: '' })
}

/**
 * The tool as the client named it, with the prefix that its server was registered with. Only where that is the server's own
 * name is the rest known to be the tool's: a prefix may be anything, or missing.
 */
const readTool = (event: ActivityEvent, fields: SourceFields): void => {
  if (fields.peek('msg') === 'tool call') {
    fields.drop('msg')
    event.method = 'tools/call'
  }
  event.server = fields.text('server')
  event.toolExposed = fields.text('tool')
  const bare = bareTool(event.toolExposed, event.server.slice(event.server.lastIndexOf('/') + 1))
  if (bare !== event.toolExposed) event.tool = bare
}

const readStatus = (event: ActivityEvent, fields: SourceFields): void => {
  event.httpStatus = readInteger(fields, 'status')
  readEnvoyVerdict(event, { status: event.httpStatus, flags: [], details: '' })
  if (event.httpStatus === 404 && event.server === '') {
    // No server has such a tool: the client asked for what does not exist.
    event.outcome = 'protocol_error'
    event.errorType = 'unknown_tool'
  }
}
