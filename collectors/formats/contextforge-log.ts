import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { FormatResult, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { ignored, type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { readUser, statedText } from './contextforge-who.ts'
import { dropNulls } from './drop-nulls.ts'
import { textOf } from './field-values.ts'
import { fill } from './fill.ts'
import { readDurationMs } from './read-duration-ms.ts'
import { endedAt } from './read-times.ts'
import { readSpanId, readTraceId } from './read-trace.ts'
import { readUserAgent } from './read-user-agent.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** A line of the structured log. Those about a tool, a prompt or a resource are evidence; the others are of the program's running. */
export const readStructuredLog = (value: JsonObject, origin: RecordOrigin): Outcome<FormatResult> => {
  if (typeof value['resource_type'] !== 'string') return ignored('operational line')
  const time = parseTime(value['@timestamp'])
  if (time === undefined) return rejected('@timestamp is missing or not RFC 3339')
  const fields = new SourceFields(value)
  const event = vendorEvent(origin, { name: 'contextforge', layer: 'gateway' })
  endedAt(event, time, readDurationMs(fields, 'duration_ms'))
  fields.drop('@timestamp')
  // The same to the second, without a zone.
  if (textOf(value['@timestamp']).startsWith(textOf(value['asctime']))) fields.drop('asctime')
  readUser(event, fields)
  event.clientAddress = statedText(fields, 'client_ip')
  readUserAgent(event, fields.text('user_agent'))
  readIds(event, fields)
  readOperation(event, fields)
  readOutcome(event, fields)
  dropNulls(fields, value)
  fields.rest(event.attributes)
  // Two lines about one request have the same ids, so nothing tells a redelivery but its position.
  return ok({ events: [event], sealed: [], vendorId: '' })
}

const readIds = (event: ActivityEvent, fields: SourceFields): void => {
  for (const key of ['request_id', 'correlation_id']) fill(event, 'httpRequestId', { fields, path: [key] })
  event.traceId = readTraceId(fields, 'trace_id')
  event.spanId = readSpanId(fields, 'span_id')
}

/** What an agent asked for, by `resource_type` and what was done with it; a change of either is none. */
const methods: Readonly<Record<string, string>> = {
  'tool invoke': 'tools/call',
  'prompt prompt_viewed': 'prompts/get',
  'resource resource_viewed': 'resources/read',
}

const readOperation = (event: ActivityEvent, fields: SourceFields): void => {
  const type = textOf(fields.peek('resource_type'))
  const done = ['resource_action', 'event_type'].find((key) => Object.hasOwn(methods, `${type} ${fields.peek(key)}`))
  event.kind = done === undefined ? 'admin' : 'request'
  if (done !== undefined) {
    event.method = methods[`${type} ${fields.peek(done)}`] ?? ''
    for (const key of ['resource_type', done]) fields.drop(key)
  }
  event.toolExposed = fields.text('custom_fields', 'tool_name')
  // Names are exposed as `<gateway>-<tool>`, and the line does not say where the gateway's part ends.
  event.tool = event.toolExposed
  for (const key of ['prompt_name', 'resource_uri']) fill(event, 'resource', { fields, path: ['custom_fields', key] })
  fill(event, 'server', { fields, path: ['custom_fields', 'server_id'] })
}

const readOutcome = (event: ActivityEvent, fields: SourceFields): void => {
  event.errorType = fields.text('error_type')
  event.errorMessage = fields.text('error_message')
  fill(event, 'errorMessage', { fields, path: ['custom_fields', 'error_message'] })
  const isFailed = event.errorType !== '' || /^(?:ERROR|CRITICAL)$/.test(textOf(fields.peek('levelname')))
  event.outcome = isFailed ? 'failure' : 'success'
}
