import type { ActivityEvent } from '../../src/event/event.ts'
import type { ParsedTime } from '../../src/event/parse-time.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { Format, FormatContext, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { ignored, ok, rejected } from '../../src/ingest/outcome.ts'
import { objectOf, textOf } from './field-values.ts'
import { keep } from './keep.ts'
import { kongOutcome, readKongDecision } from './kong-decision.ts'
import { type KongCall, kongCalls } from './kong-rpc.ts'
import { parseEpoch } from './parse-epoch.ts'
import { readClientInfo } from './read-client-info.ts'
import { readDurationMs } from './read-duration-ms.ts'
import { readJsonrpcRequest } from './read-jsonrpc-request.ts'
import { readJsonrpcResponse } from './read-jsonrpc-response.ts'
import { startedAt } from './read-times.ts'
import { readTraceparent } from './read-traceparent.ts'
import { readUserAgent } from './read-user-agent.ts'
import { isEmail } from './set-user.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** What any of Kong's log plugins writes of one HTTP request, with what its AI MCP plugin adds: one event for each message. */
export const kong: Format = {
  name: 'kong',

  recognises: (value) =>
    typeof value['started_at'] === 'number' &&
    objectOf(value['latencies']) !== undefined &&
    objectOf(value['request']) !== undefined,

  read: (value, origin, context) => {
    const mcp = objectOf(objectOf(value['ai'])?.['mcp'])
    if (mcp === undefined) return ignored('no MCP request')
    const fields = new SourceFields(value)
    const time = parseEpoch(fields.id('started_at'), { unit: 'ms', precisionUs: 1000 })
    if (time === undefined) return rejected('started_at is missing or no number of milliseconds since 1970')
    const calls = kongCalls(mcp)
    const sealed = sealedTokens(fields, context)
    const mcpSessionId = sealed[0]?.replacement ?? ''
    const events = calls.map((call, ordinal) => {
      const event = outerEvent(fields, origin, ordinal)
      event.mcpSessionId = mcpSessionId
      readCall(event, call, { fields, time, isAlone: calls.length === 1 })
      return event
    })
    dropLists(fields, mcp)
    // What is about the HTTP request as a whole is kept once.
    if (events[0] !== undefined) fields.rest(events[0].attributes)
    return ok({ events, sealed, vendorId: fields.text('request', 'id') })
  },
}

/** An event with what the log says of the HTTP request. */
const outerEvent = (fields: SourceFields, origin: RecordOrigin, ordinal: number): ActivityEvent => {
  const event = vendorEvent(origin, { name: 'kong', layer: 'gateway', ordinal })
  // Kong's own id stays within Kong; the other layers know the header's.
  event.sourceEventId = fields.text('request', 'id')
  event.httpRequestId = fields.text('request', 'headers', 'x-request-id')
  event.httpMethod = fields.text('request', 'method')
  event.httpHost = fields.text('request', 'headers', 'host')
  event.urlPath = pathOf(fields)
  event.httpStatus = fields.number('response', 'status')
  event.clientAddress = fields.text('client_ip')
  const userAgent = fields.text('request', 'headers', 'user-agent')
  if (userAgent !== '') readUserAgent(event, userAgent)
  event.server = fields.text('service', 'name')
  event.routeId = fields.text('route', 'id')
  readTraceparent(event, fields, 'request', 'headers', 'traceparent')
  return event
}

/** Kong's `uri` has the query, which stays among the attributes where there is one. */
const pathOf = (fields: SourceFields): string => {
  const [path = '', query] = textOf(fields.peek('request', 'uri')).split('?', 2)
  if (query === undefined) fields.drop('request', 'uri')
  return path
}

/** Every place that may hold the MCP session id, the one for all messages first. */
const tokenPaths = [
  ['ai', 'mcp', 'mcp_session_id'],
  ['request', 'headers', 'mcp-session-id'],
  ['response', 'headers', 'mcp-session-id'],
] as const

const sealedTokens = (fields: SourceFields, context: FormatContext): readonly SealedValue[] => {
  const tokens = tokenPaths.map((path) => fields.text(...path)).filter((token) => token !== '')
  return [...new Set(tokens)].map((value) => ({ value, replacement: context.sealToken(value) }))
}

const readCall = (
  event: ActivityEvent,
  { rpc, checks, others }: KongCall,
  of: { readonly fields: SourceFields; readonly time: ParsedTime; readonly isAlone: boolean },
): void => {
  const fields = new SourceFields({ rpc })
  const lasted = readDurationMs(fields, 'rpc', 'latency')
  const whole = lasted === undefined && of.isAlone ? readDurationMs(of.fields, 'latencies', 'request') : undefined
  startedAt(event, of.time, lasted ?? whole)
  const audits = [...checks, ...others]
  readConsumer(event, of.fields, audits)
  readOperation(event, fields, checks)
  readKongDecision(event, checks, of.fields.peek('source'))
  event.kind = kindOf(event, { isMessage: Object.keys(rpc).length > 0, isChecked: audits.length > 0 })
  event.outcome = kongOutcome(event)
  readJsonrpcResponse(event, fields, 'rpc', 'payload', 'response')
  if (Object.keys(rpc).length > 0) fields.rest(event.attributes)
  if (audits.length > 0) keep(event, 'audit', audits)
}

const readOperation = (event: ActivityEvent, fields: SourceFields, checks: readonly JsonObject[]): void => {
  event.jsonrpcId = fields.id('rpc', 'id')
  event.method = fields.text('rpc', 'method')
  event.toolExposed = fields.text('rpc', 'tool_name')
  event.responseBytes = fields.number('rpc', 'response_body_size')
  event.errorMessage = fields.text('rpc', 'error')
  readJsonrpcRequest(event, fields, 'rpc', 'payload', 'request')
  readClientInfo(event, fields, 'rpc', 'payload', 'request', 'params')
  const [check] = checks
  const primitive = textOf(check?.['primitive'])
  const name = textOf(check?.['primitive_name'])
  if (primitive === 'tool' && event.toolExposed === '') event.toolExposed = name
  if (primitive !== 'tool' && event.resource === '') event.resource = name
  // Kong puts no prefix before a server's own names.
  event.tool = event.toolExposed
}

/**
 * The consumer that Kong authenticated, who may be a person or a program. An audit entry that was decided by consumer group
 * may name the group instead, and a group must never pass for the one user that all its members are.
 */
const readConsumer = (event: ActivityEvent, fields: SourceFields, audits: readonly JsonObject[]): void => {
  const audited = audits
    .map((audit) => objectOf(audit['consumer']))
    .find((consumer) => consumer !== undefined && consumer['identifier'] !== 'consumer_group')
  event.userId = fields.text('consumer', 'id') || textOf(audited?.['id'])
  const names = [fields.peek('consumer', 'custom_id'), fields.peek('consumer', 'username'), audited?.['name']]
  event.userEmail = names.map(textOf).find(isEmail) ?? ''
}

const kindOf = (
  event: ActivityEvent,
  of: { readonly isMessage: boolean; readonly isChecked: boolean },
): ActivityEvent['kind'] => {
  if (event.decision !== 'not_evaluated') return 'decision'
  // Neither a message nor a check: the stream that a client opens, or the session that it ends.
  return of.isMessage || of.isChecked ? 'request' : 'web'
}

/** The lists are told by the events; what is no object in them stays where it is. */
const dropLists = (fields: SourceFields, mcp: JsonObject): void => {
  for (const key of ['rpc', 'audit']) {
    const list = mcp[key]
    const isTold = Array.isArray(list) && list.length > 0 && list.every((item) => objectOf(item) !== undefined)
    if (isTold) fields.drop('ai', 'mcp', key)
  }
}
