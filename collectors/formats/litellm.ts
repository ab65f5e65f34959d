import type { ActivityEvent } from '../../src/event/event.ts'
import { type ParsedTime, parseTime } from '../../src/event/parse-time.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { Format, FormatContext, JsonObject } from '../../src/ingest/format.ts'
import { ignored, ok, rejected } from '../../src/ingest/outcome.ts'
import { bareTool } from './bare-tool.ts'
import { dropNulls } from './drop-nulls.ts'
import { objectOf, textOf } from './field-values.ts'
import { readLitellmResult } from './litellm-result.ts'
import { parseEpoch } from './parse-epoch.ts'
import { startedAt } from './read-times.ts'
import { readUserAgent } from './read-user-agent.ts'
import { sealSession } from './seal-session.ts'
import { setUser } from './set-user.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** LiteLLM's names for what it does for MCP clients. */
const methods: ReadonlyMap<string, string> = new Map([
  ['call_mcp_tool', 'tools/call'],
  ['list_mcp_tools', 'tools/list'],
])
/** Where the payload has the details of a tool call. */
const call = ['metadata', 'mcp_tool_call_metadata'] as const

/** LiteLLM's standard logging payload, as its callbacks send it, and the rows of its spend logs: LLM calls and MCP calls. */
export const litellm: Format = {
  name: 'litellm',

  recognises: (value) =>
    typeof value['call_type'] === 'string' &&
    'startTime' in value &&
    ('metadata' in value || 'litellm_call_id' in value),

  read: (value, origin, context) => {
    if (!isOfMcp(value)) return ignored('no MCP call')
    const fields = new SourceFields(value)
    dropNulls(fields, value)
    const start = timeOf(fields, 'startTime')
    if (start === undefined) return rejected('startTime is missing or neither seconds since 1970 nor RFC 3339')
    const event = vendorEvent(origin, { name: 'litellm', layer: 'gateway' })
    const end = timeOf(fields, 'endTime')
    const lastedUs = (end?.timeUs ?? 0) - start.timeUs
    startedAt(event, start, lastedUs < 0 ? undefined : { durationUs: lastedUs, precisionUs: 1 })
    event.sourceEventId = fields.text('id') || fields.text('request_id')
    readActor(event, fields)
    const sealed = readSession(event, fields, context)
    readOperation(event, fields)
    readLitellmResult(event, fields)
    if (event.decision !== 'not_evaluated') event.kind = 'decision'
    fields.rest(event.attributes)
    // The id is the one of the header `x-litellm-call-id` where a client sends it, and a success and a failure can share it.
    return ok({ events: [event], sealed, vendorId: '' })
  },
}

const isOfMcp = (value: JsonObject): boolean =>
  String(value['call_type']).includes('mcp') ||
  objectOf(objectOf(value['metadata'])?.['mcp_tool_call_metadata']) !== undefined

/** Callbacks send seconds with a fraction of Python's clock, the spend logs RFC 3339. */
const timeOf = (fields: SourceFields, key: string): ParsedTime | undefined => {
  const text = new SourceFields({ key: fields.peek(key) }).id('key')
  const time = parseEpoch(text, { unit: 's', precisionUs: 1 }) ?? parseTime(text)
  if (time !== undefined) fields.drop(key)
  return time
}

/** Who holds the virtual key: its alias is set by the operator, so it names the agent with authority. */
const readActor = (event: ActivityEvent, fields: SourceFields): void => {
  setUser(event, fields.text('metadata', 'user_api_key_user_id'))
  event.userEmail = fields.text('metadata', 'user_api_key_user_email') || event.userEmail
  event.agentName = fields.text('metadata', 'user_api_key_alias')
  event.agentId = event.agentName
  event.clientAddress = either(fields, 'requester_ip_address')
  const userAgent = either(fields, 'user_agent')
  if (userAgent !== '') readUserAgent(event, userAgent)
}

/** Some values stand both in the record and in its metadata. */
const either = (fields: SourceFields, key: string): string => {
  const outer = fields.text(key)
  if (outer === '' || fields.peek('metadata', key) === outer) return fields.text('metadata', key) || outer
  return outer
}

const readSession = (event: ActivityEvent, fields: SourceFields, context: FormatContext): readonly SealedValue[] => {
  // Where the client names no session, LiteLLM fills in an id of the single call.
  const session = fields.peek('session_id')
  const ownIds: readonly unknown[] = [event.sourceEventId, fields.peek('litellm_call_id'), fields.peek('trace_id')]
  if (!ownIds.includes(session)) event.explicitSessionId = fields.text('session_id')
  event.httpRequestId = fields.text('metadata', 'requester_custom_headers', 'x-request-id')
  return sealSession(event, { fields, context }, ...call, 'mcp_session_id')
}

const readOperation = (event: ActivityEvent, fields: SourceFields): void => {
  event.method = methods.get(textOf(fields.peek('call_type'))) ?? ''
  if (event.method !== '') fields.drop('call_type')
  event.server = fields.text(...call, 'mcp_server_name')
  readTool(event, fields)
  if (event.method === '' && event.tool !== '') event.method = 'tools/call'
  event.arguments = fields.json(...call, 'arguments')
  // Without the details of the call, its arguments stand where an LLM's prompt would.
  const isFilled = Object.keys(Object(fields.peek('messages'))).length > 0
  if (event.arguments === '' && event.method === 'tools/call' && isFilled) event.arguments = fields.json('messages')
}

/** The name with the server's before it is what clients see; older versions have it in place of the bare one. */
const readTool = (event: ActivityEvent, fields: SourceFields): void => {
  const name = textOf(fields.peek(...call, 'name'))
  event.toolExposed = fields.text(...call, 'namespaced_tool_name') || fields.text('mcp_namespaced_tool_name') || name
  event.tool = bareTool(name || event.toolExposed, event.server)
  if (name === event.tool || name === event.toolExposed) fields.drop(...call, 'name')
}
