import type { ActivityEvent, EventKind } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { Format, FormatContext } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { dropAbsent, presentText } from './drop-absent.ts'
import { readEnvoyAnswer, readEnvoyOutcome, readEnvoyVerdict } from './envoy-answer.ts'
import { keep } from './keep.ts'
import { parseDuration } from './parse-duration.ts'
import { readForwardedFor } from './read-forwarded-for.ts'
import { readInteger } from './read-integer.ts'
import { startedAt } from './read-times.ts'
import { readTraceparent } from './read-traceparent.ts'
import { readUserAgent } from './read-user-agent.ts'
import { sealPathSession } from './seal-path-session.ts'
import { sealSessionId } from './seal-session.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'
import { withoutPort } from './without-port.ts'

const name = 'envoy-ai-gateway'
/** Any of these tells the gateway's log from that of another Envoy; the documentation had those with `_` until 2025. */
const mcpKeys = ['mcp.method.name', 'mcp.session.id', 'mcp_method', 'mcp_session_id'] as const
/** Routes that the gateway's controller makes of an `MCPRoute`. */
const mcpRoute = /(?:^|\/)ai-eg-mcp-/

/**
 * Envoy AI Gateway's access log, with the keys that its documentation proposes. A call is written by the front listener,
 * which knows its client, and by the back listener once for each server, which knows what was asked for.
 */
export const envoyAiGateway: Format = {
  name,

  recognises: (value) => 'start_time' in value && 'x-envoy-origin-path' in value && mcpKeys.some((key) => key in value),

  read: (value, origin, context) => {
    const time = parseTime(value['start_time'])
    if (time === undefined) return rejected('start_time is missing or not RFC 3339')
    const fields = new SourceFields(value)
    fields.drop('start_time')
    dropAbsent(fields, value)
    const event = vendorEvent(origin, { name, layer: 'gateway' })
    startedAt(event, time, parseDuration(`${readInteger(fields, 'duration')}ms`))
    readHttp(event, fields)
    readOperation(event, fields)
    readForwardedFor(event, 'x-forwarded-for', presentText(fields, 'x-forwarded-for'))
    const isBack = event.method !== '' || event.server !== ''
    const sealed = isBack ? readBack(event, fields, context) : readFront(event, fields, context)
    fields.rest(event.attributes)
    // A client's own x-request-id is kept, so it tells no redelivery.
    return ok({ events: [event], sealed, vendorId: '' })
  },
}

const readHttp = (event: ActivityEvent, fields: SourceFields): void => {
  event.httpMethod = presentText(fields, 'method')
  event.httpHost = presentText(fields, ':authority')
  event.urlPath = presentText(fields, 'x-envoy-origin-path')
  event.requestBytes = readInteger(fields, 'bytes_received')
  event.responseBytes = readInteger(fields, 'bytes_sent')
  event.httpRequestId = presentText(fields, 'x-request-id')
  readTraceparent(event, fields, 'traceparent')
}

const readOperation = (event: ActivityEvent, fields: SourceFields): void => {
  event.method = presentText(fields, 'mcp.method.name', 'mcp_method')
  event.tool = presentText(fields, 'mcp.tool.name', 'mcp_tool_name')
  event.server = presentText(fields, 'mcp.provider.name', 'mcp_backend')
  event.resource = presentText(fields, 'mcp.resource.uri', 'mcp_resource_uri')
  event.jsonrpcId = (fields.id('jsonrpc.request.id') || fields.id('mcp_request_id')).replace(/^-$/, '')
  event.explicitSessionId = presentText(fields, 'session.id')
}

/**
 * What a server was asked. Its session is one between gateway and server, its route another than the client's, and its
 * user agent the gateway's.
 */
const readBack = (event: ActivityEvent, fields: SourceFields, context: FormatContext): readonly SealedValue[] => {
  event.kind = 'request'
  // A 403 here is the server's, and no decision of the gateway.
  readEnvoyOutcome(event, readEnvoyAnswer(event, fields))
  const value = sessionOf(fields)
  if (value === '') return []
  const replacement = context.sealToken(value)
  keep(event, 'mcp.session.id', replacement)
  return [{ value, replacement }]
}

/** What a client sent. Only a refused call is seen here alone: any other shows in the lines of the back listener. */
const readFront = (event: ActivityEvent, fields: SourceFields, context: FormatContext): readonly SealedValue[] => {
  event.routeId = presentText(fields, 'route_name')
  readEnvoyVerdict(event, readEnvoyAnswer(event, fields))
  const userAgent = presentText(fields, 'user-agent')
  if (userAgent !== '') readUserAgent(event, userAgent)
  const sealed = sealSessionId(event, sessionOf(fields), context)
  event.kind = kindOf(event, fields)
  // Without a proxy before it, the listener's peer is the client.
  if (event.clientAddress === '') event.clientAddress = withoutPort(fields.peek('downstream_remote_address'))
  return [...sealed, ...sealPathSession(event, context)]
}

const sessionOf = (fields: SourceFields): string => presentText(fields, 'mcp.session.id', 'mcp_session_id')

/** The gateway carries models and plain HTTP as well; what concerns MCP it hands to a process of its own. */
const kindOf = (event: ActivityEvent, fields: SourceFields): EventKind => {
  const isMcp =
    event.mcpSessionId !== '' || fields.peek('upstream_cluster') === 'mcp_proxy' || mcpRoute.test(event.routeId)
  if (!isMcp) return 'web'
  return event.decision === 'deny' && event.httpMethod === 'POST' ? 'decision' : 'access'
}
