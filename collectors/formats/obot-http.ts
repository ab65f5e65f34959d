import type { CallOutcome } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { FormatResult, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { startedAt } from './read-times.ts'
import { readUserAgent } from './read-user-agent.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** A line of Obot's API audit log. Requests to `/mcp-connect/` are those that carry MCP calls; the rest is its own API. */
export const readObotHttp = (value: JsonObject, origin: RecordOrigin): Outcome<FormatResult> => {
  const time = parseTime(value['time'])
  if (time === undefined) return rejected('time is missing or not RFC 3339')
  const fields = new SourceFields(value)
  const event = vendorEvent(origin, { name: 'obot', layer: 'gateway' })
  startedAt(event, time, undefined)
  fields.drop('time')
  event.urlPath = fields.text('path')
  event.kind = event.urlPath.startsWith('/mcp-connect/') ? 'access' : 'web'
  event.userId = fields.text('userID')
  event.httpMethod = fields.text('method')
  event.clientAddress = fields.text('sourceIP')
  readUserAgent(event, fields.text('userAgent'))
  event.httpStatus = fields.number('responseCode')
  event.outcome = outcomeOf(event.httpStatus ?? 0)
  fields.rest(event.attributes)
  return ok({ events: [event], sealed: [], vendorId: '' })
}

/** A status is no decision, and 200 no success: the call's own record tells. */
const outcomeOf = (status: number): CallOutcome => {
  if (status === 401 || status === 403) return 'denied'
  if (status === 408 || status === 504) return 'timeout'
  return status >= 400 ? 'failure' : 'unknown'
}
