import type { ActivityEvent, CallOutcome, EventKind } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ignored, ok, rejected } from '../../src/ingest/outcome.ts'
import { bareTool } from './bare-tool.ts'
import { objectOf, textOf } from './field-values.ts'
import { fill } from './fill.ts'
import { readDurationMs } from './read-duration-ms.ts'
import { readJsonrpcRequest } from './read-jsonrpc-request.ts'
import { readJsonrpcResponse } from './read-jsonrpc-response.ts'
import { endedAt } from './read-times.ts'
import { readUserAgent } from './read-user-agent.ts'
import { sealSession } from './seal-session.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** Where the two shapes differ: the logged line is snake_case, the marshalled struct is not. */
interface Shape {
  readonly id: readonly string[]
  readonly time: string
}
const logged: Shape = { id: ['audit_id'], time: 'logged_at' }
const marshalled: Shape = { id: ['metadata', 'auditId'], time: 'loggedAt' }

const shapeOf = (value: JsonObject): Shape | undefined => {
  if (typeof value['audit_id'] === 'string') return value['msg'] === 'audit_event' ? logged : undefined
  const hasId = typeof value['loggedAt'] === 'string' && typeof objectOf(value['metadata'])?.['auditId'] === 'string'
  return hasId ? marshalled : undefined
}

/** ToolHive's audit log, of single servers and of vMCP: one line per request, written when the answer is out. */
export const toolhive: Format = {
  name: 'toolhive',

  recognises: (value) => shapeOf(value) !== undefined,

  read: (value, origin, context) => {
    const shape = shapeOf(value)
    if (shape === undefined) return ignored('not an audit event')
    const fields = new SourceFields(value)
    const time = parseTime(fields.peek(shape.time))
    if (time === undefined) return rejected(`${shape.time} is missing or not RFC 3339`)
    const type = textOf(fields.peek('type'))
    if (type === '') return rejected('type is missing')
    const event = vendorEvent(origin, { name: 'toolhive', layer: 'gateway' })
    event.kind = kindOf(type)
    event.sourceEventId = fields.text(...shape.id)
    endedAt(event, time, readDurationMs(fields, 'metadata', 'extra', 'duration_ms'))
    readWho(event, fields)
    readTarget(event, fields)
    readOutcome(event, fields, type)
    readData(event, fields)
    readTool(event, fields)
    const sealed = sealSession(event, { fields, context }, 'source', 'extra', 'session_id')
    dropFrame(fields, shape, time.timeUs)
    if (typesOf[event.method] === type) fields.drop('type')
    fields.rest(event.attributes)
    return ok({ events: [event], sealed, vendorId: `${event.product} ${event.sourceEventId}` })
  },
}

/** Types that say what the method says already: of nearly all lines. */
const typesOf: Readonly<Record<string, string>> = {
  initialize: 'mcp_initialize',
  'tools/call': 'mcp_tool_call',
  'tools/list': 'mcp_tools_list',
  'resources/read': 'mcp_resource_read',
  'prompts/get': 'mcp_prompt_get',
}

const kindOf = (type: string): EventKind => {
  if (type.startsWith('mcp_')) return 'request'
  // Steps of a composite tool are vMCP's own doing; the call that set them off has a line of its own.
  return type.startsWith('vmcp_workflow') ? 'workflow' : 'web'
}

const readWho = (event: ActivityEvent, fields: SourceFields): void => {
  event.userId = fields.text('subjects', 'user_id')
  const userAgent = fields.text('source', 'extra', 'user_agent')
  readUserAgent(event, userAgent)
  fill(event, 'userAgent', { fields, path: ['metadata', 'extra', 'user_agent'] })
  // The token's claims know the client better than its user agent does.
  const clientName = fields.text('subjects', 'client_name')
  if (clientName !== '') {
    event.clientName = clientName
    event.clientVersion = fields.text('subjects', 'client_version')
  }
  if (fields.peek('source', 'type') === 'network') event.clientAddress = fields.text('source', 'value')
  event.httpRequestId = fields.text('source', 'extra', 'request_id')
  event.agentId = currentActor(fields)
}

/** The chain stands with the current actor first (RFC 8693 `act`); one that broke the rules proves nothing. */
const currentActor = (fields: SourceFields): string => {
  const chain = fields.peek('delegation', 'chain')
  if (!Array.isArray(chain) || fields.peek('delegation', 'malformed') !== false) return ''
  return textOf(objectOf(chain[0])?.['sub'])
}

const httpVerb = /^[A-Z]+$/

const readTarget = (event: ActivityEvent, fields: SourceFields): void => {
  const method = fields.text('target', 'method')
  // A request whose body ToolHive could not read is named by its HTTP method.
  if (httpVerb.test(method)) event.httpMethod = method
  else event.method = method
  event.urlPath = fields.text('target', 'endpoint')
  const type = fields.peek('target', 'type')
  if (type === 'tool') event.toolExposed = fields.text('target', 'name')
  if (type === 'resource' || type === 'prompt') event.resource = fields.text('target', 'name')
  if (event.kind === 'workflow') event.toolExposed = fields.text('target', 'tool_name')
  event.server = fields.text('metadata', 'extra', 'backend_name')
  // The name that ToolHive gives where none was configured says nothing of the server.
  if (event.server === '' && fields.peek('component') !== 'toolhive-api') event.server = fields.text('component')
}

/** vMCP puts the backend's name before the tool's; without that name the exposed one is the best there is. */
const readTool = (event: ActivityEvent, fields: SourceFields): void => {
  event.tool = bareTool(event.toolExposed, textOf(fields.peek('metadata', 'extra', 'backend_name')))
}

/** ToolHive's words, which it takes from the HTTP status: success 2xx, denied 401 and 403, failure other 4xx, error 5xx. */
const outcomes: Readonly<Record<string, CallOutcome>> = {
  success: 'success',
  denied: 'denied',
  application_error: 'protocol_error',
  failure: 'failure',
  error: 'failure',
}

const readOutcome = (event: ActivityEvent, fields: SourceFields, type: string): void => {
  const word = textOf(fields.peek('outcome'))
  event.responseBytes = fields.number('metadata', 'extra', 'response_size_bytes')
  if (!Object.hasOwn(outcomes, word)) return
  fields.drop('outcome')
  event.outcome = isBeforeTheEnd(event, fields, type) ? 'unknown' : (outcomes[word] ?? 'unknown')
  if (type.endsWith('_timed_out')) event.outcome = 'timeout'
  if (word === 'failure' || word === 'error') event.errorType = word
  if (word === 'denied') {
    // A 401 or 403 of the server behind ToolHive reads the same, so nothing says who refused.
    event.decision = 'deny'
    event.decisionBasis = 'inferred_status'
  }
  if (word === 'application_error') {
    event.errorType = fields.id('metadata', 'extra', 'jsonrpc_error_code')
    event.errorMessage = fields.text('metadata', 'extra', 'jsonrpc_error_message')
  }
}

/** Written as success when a stream opens or a workflow starts; and over SSE the answer comes later, by the stream. */
const isBeforeTheEnd = (event: ActivityEvent, fields: SourceFields, type: string): boolean =>
  fields.peek('outcome') === 'success' &&
  (type === 'sse_connection' ||
    type.endsWith('_started') ||
    (event.kind === 'request' && fields.peek('metadata', 'extra', 'transport') === 'sse'))

const readData = (event: ActivityEvent, fields: SourceFields): void => {
  if (event.kind === 'workflow') {
    event.arguments = fields.json('data', 'request')
    event.result = fields.json('data', 'response')
    return
  }
  readJsonrpcRequest(event, fields, 'data', 'request')
  readJsonrpcResponse(event, fields, 'data', 'response')
}

/** What says only that this is a line of the audit log. */
const dropFrame = (fields: SourceFields, shape: Shape, loggedUs: number): void => {
  fields.drop(shape.time)
  if (fields.peek('msg') === 'audit_event') fields.drop('msg')
  if (fields.peek('level') === 'AUDIT' || fields.peek('level') === 'INFO+2') fields.drop('level')
  // The logger's own time is the same but for a moment.
  const time = parseTime(fields.peek('time'))
  if (time !== undefined && Math.abs(time.timeUs - loggedUs) < 1_000_000) fields.drop('time')
}
