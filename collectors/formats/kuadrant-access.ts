import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { dropAbsent, presentText } from './drop-absent.ts'
import { readEnvoyAnswer, readEnvoyVerdict } from './envoy-answer.ts'
import { sealKuadrantSession } from './kuadrant-session.ts'
import { parseDuration } from './parse-duration.ts'
import { readInteger } from './read-integer.ts'
import { startedAt } from './read-times.ts'
import { readTraceparent } from './read-traceparent.ts'
import { setUser } from './set-user.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** An access line of the gateway's Envoy, with the keys of the audit recipe. */
export const readKuadrantAccess: Format['read'] = (line, origin, context) => {
  const time = parseTime(line['timestamp'])
  if (time === undefined) return rejected('timestamp is missing or not RFC 3339')
  const fields = new SourceFields(line)
  fields.drop('timestamp')
  dropAbsent(fields, line)
  const event = vendorEvent(origin, { name: 'kuadrant-mcp-gateway', layer: 'gateway' })
  startedAt(event, time, parseDuration(`${readInteger(fields, 'duration_ms')}ms`))
  readHttp(event, fields)
  readOperation(event, fields)
  readEnvoyVerdict(event, readEnvoyAnswer(event, fields))
  // A refusal before the request was read leaves only that something was posted.
  const isRefusedPost = event.decision === 'deny' && event.httpMethod === 'POST'
  event.kind = event.method !== '' || isRefusedPost ? 'request' : 'access'
  const sealed = sealKuadrantSession(event, presentText(fields, 'mcp_session_id'), context)
  fields.rest(event.attributes)
  return ok({ events: [event], sealed, vendorId: '' })
}

const readHttp = (event: ActivityEvent, fields: SourceFields): void => {
  event.httpMethod = presentText(fields, 'method')
  event.urlPath = presentText(fields, 'path')
  event.httpRequestId = presentText(fields, 'request_id')
  event.requestBytes = readInteger(fields, 'bytes_received')
  event.responseBytes = readInteger(fields, 'bytes_sent')
  readTraceparent(event, fields, 'traceparent')
}

/** The agent that the line may name comes from the client's own baggage, and stays an attribute. */
const readOperation = (event: ActivityEvent, fields: SourceFields): void => {
  event.method = presentText(fields, 'mcp_method')
  event.tool = presentText(fields, 'mcp_tool_name')
  event.server = presentText(fields, 'mcp_server_name')
  setUser(event, presentText(fields, 'mcp_user_id'))
  event.arguments = fields.peek('mcp_tool_params') === '-' ? '' : fields.json('mcp_tool_params')
}
