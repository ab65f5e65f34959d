import type { ActivityEvent } from '../../src/event/event.ts'
import { type ParsedTime, parseTime } from '../../src/event/parse-time.ts'
import type { RecordOrigin } from '../../src/ingest/format.ts'
import { readUserAgent } from './read-user-agent.ts'
import { setUser } from './set-user.ts'
import type { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** What each of the registry's records begins with, and the reason for a dead letter where that is no time. */
export const registryEvent = (origin: RecordOrigin, fields: SourceFields): ActivityEvent => {
  const event = vendorEvent(origin, { name: 'mcp-gateway-registry', layer: 'gateway' })
  fields.drop('log_type')
  event.sourceEventId = fields.text('request_id')
  return event
}

export const noTime = 'timestamp is missing or not RFC 3339'

/** The time at which a record was made: after what it is about. MongoDB's exports have it in an object. */
export const registryTime = (fields: SourceFields): ParsedTime | undefined =>
  parseTime(fields.text('timestamp') || fields.text('timestamp', '$date'))

/**
 * The id that the HTTP request came with. Newer versions (they name their instance) make a request id of their own and note
 * the one of the header as correlation id; older ones take the header's as request id.
 */
const readHttpRequestId = (event: ActivityEvent, fields: SourceFields): void => {
  const isNewer = fields.peek('instance_id') !== undefined
  event.httpRequestId = isNewer ? fields.text('correlation_id') : event.sourceEventId
}

/** The user, unless the registry knew none. */
export const readUsername = (event: ActivityEvent, fields: SourceFields, ...path: readonly string[]): void => {
  if (fields.peek(...path) !== 'anonymous') setUser(event, fields.text(...path))
}

/** The HTTP request that the record is about, and who sent it. */
export const readHttpRequest = (event: ActivityEvent, fields: SourceFields): void => {
  readHttpRequestId(event, fields)
  readUsername(event, fields, 'identity', 'username')
  event.oauthClientId = fields.text('identity', 'app_id')
  event.httpMethod = fields.text('request', 'method')
  event.urlPath = fields.text('request', 'path')
  event.clientAddress = fields.text('request', 'client_ip')
  event.requestBytes = fields.number('request', 'content_length')
  const userAgent = fields.text('request', 'user_agent')
  if (userAgent !== '') readUserAgent(event, userAgent)
}
