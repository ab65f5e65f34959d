import type { ActivityEvent, EventKind } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ignored, ok, rejected } from '../../src/ingest/outcome.ts'
import { readAgentgatewayIdentity } from './agentgateway-identity.ts'
import { readAgentgatewayResult } from './agentgateway-result.ts'
import { readAgentgatewayRoute } from './agentgateway-route.ts'
import { parseDuration } from './parse-duration.ts'
import { readInteger } from './read-integer.ts'
import { endedAt } from './read-times.ts'
import { readSpanId, readTraceId } from './read-trace.ts'
import { readUserAgent } from './read-user-agent.ts'
import { sealPathSession } from './seal-path-session.ts'
import { sealSession } from './seal-session.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'
import { withoutPort } from './without-port.ts'

const name = 'agentgateway'

/** agentgateway's standard output: a line for each HTTP request, written when it has ended, among operational lines. */
export const agentgateway: Format = {
  name,

  recognises: ({ scope, time }) => typeof scope === 'string' && typeof time === 'string' && isScope(scope),

  read: (value, origin, context) => {
    if (value['scope'] !== 'request') return ignored('operational line')
    const time = parseTime(value['time'])
    if (time === undefined) return rejected('time is missing or not RFC 3339')
    const fields = new SourceFields(value)
    const event = vendorEvent(origin, { name, layer: 'gateway' })
    for (const key of ['scope', 'time']) fields.drop(key)
    if (value['level'] === 'info') fields.drop('level')
    const lasted = parseDuration(String(fields.peek('duration')))
    if (lasted !== undefined) fields.drop('duration')
    endedAt(event, time, lasted)
    readHttp(event, fields)
    readAgentgatewayIdentity(event, fields)
    readOperation(event, fields)
    const sealed = [...sealSession(event, { fields, context }, 'mcp.session.id'), ...sealPathSession(event, context)]
    readAgentgatewayResult(event, fields)
    event.kind = kindOf(event, fields)
    fields.rest(event.attributes)
    // Nothing in the line is the gateway's own and unique, so a redelivery is told by its position.
    return ok({ events: [event], sealed, vendorId: '' })
  },
}

/** `request` is the access log; operational lines name a module, which the text form has without its crate. */
const isScope = (scope: string): boolean => scope === 'request' || /^agent[a-z_]+::/.test(scope)

const readHttp = (event: ActivityEvent, fields: SourceFields): void => {
  event.httpStatus = readInteger(fields, 'http.status')
  event.httpMethod = fields.text('http.method')
  event.httpHost = fields.text('http.host')
  event.urlPath = fields.text('http.path')
  event.routeId = readAgentgatewayRoute(fields)
  // The whole of it, with the port, stays an attribute.
  event.clientAddress = withoutPort(fields.peek('src.addr'))
  event.httpRequestId = fields.text('http.request.header.x-request-id')
  event.traceId = readTraceId(fields, 'trace.id')
  event.spanId = readSpanId(fields, 'span.id')
  const userAgent = fields.text('user_agent.original')
  if (userAgent !== '') readUserAgent(event, userAgent)
}

const readOperation = (event: ActivityEvent, fields: SourceFields): void => {
  event.method = fields.text('mcp.method.name') || fields.text('mcp.method')
  event.server = fields.text('mcp.target')
  event.tool = fields.text('gen_ai.tool.name')
  event.resource = fields.text('mcp.resource.uri') || fields.text('gen_ai.prompt.name')
  readOlderName(event, fields)
  event.arguments = fields.json('gen_ai.tool.call.arguments')
  event.result = fields.json('gen_ai.tool.call.result')
  event.explicitSessionId = fields.text('session.id') || fields.text('a2a.context.id')
}

/** Until 2026 one key had the name of whatever was asked for. */
const readOlderName = (event: ActivityEvent, fields: SourceFields): void => {
  const field = fields.peek('mcp.resource.type') === 'tool' ? 'tool' : 'resource'
  if (event[field] === '') event[field] = fields.text('mcp.resource.name')
}

/**
 * The gateway also carries models, agents and plain HTTP, and of MCP the streams that clients keep open. A call that is
 * refused before it is read tells only that it was a POST.
 */
const kindOf = (event: ActivityEvent, fields: SourceFields): EventKind => {
  const protocol = fields.peek('protocol')
  const isRefusedPost = event.decision === 'deny' && event.httpMethod === 'POST'
  if (protocol === 'mcp' || event.method !== '' || event.mcpSessionId !== '') {
    if (protocol === 'mcp') fields.drop('protocol')
    return event.method !== '' || isRefusedPost ? 'request' : 'access'
  }
  return protocol === undefined && isRefusedPost ? 'request' : 'web'
}
