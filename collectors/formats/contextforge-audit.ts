import { parseTime } from '../../src/event/parse-time.ts'
import type { FormatResult, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { readObject } from './contextforge-object.ts'
import { readUser, statedText } from './contextforge-who.ts'
import { dropNulls } from './drop-nulls.ts'
import { fill } from './fill.ts'
import { startedAt } from './read-times.ts'
import { readUserAgent } from './read-user-agent.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** An item of `GET /api/logs/audit-trails`: somebody looked at or changed a tool, a prompt, a server. */
export const readAuditTrail = (value: JsonObject, origin: RecordOrigin): Outcome<FormatResult> => {
  const time = parseTime(value['timestamp'])
  if (time === undefined) return rejected('timestamp is missing or not RFC 3339')
  const fields = new SourceFields(value)
  const event = vendorEvent(origin, { name: 'contextforge', layer: 'gateway' })
  event.kind = 'admin'
  startedAt(event, time, undefined)
  fields.drop('timestamp')
  event.sourceEventId = fields.id('id')
  readUser(event, fields)
  event.clientAddress = statedText(fields, 'client_ip')
  readUserAgent(event, fields.text('user_agent'))
  readObject(event, fields)
  event.outcome = fields.flag('success') === true ? 'success' : 'failure'
  event.errorMessage = fields.text('error_message')
  for (const key of ['request_id', 'correlation_id']) fill(event, 'httpRequestId', { fields, path: [key] })
  dropNulls(fields, value)
  fields.rest(event.attributes)
  return ok({ events: [event], sealed: [], vendorId: event.sourceEventId === '' ? '' : `audit ${event.sourceEventId}` })
}
