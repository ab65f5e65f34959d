import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext, FormatResult, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { textOf } from './field-values.ts'
import { fill } from './fill.ts'
import { readObotOutcome } from './obot-outcome.ts'
import type { ObotShape } from './obot-shapes.ts'
import { readDurationMs } from './read-duration-ms.ts'
import { readHeaders } from './read-headers.ts'
import { readJsonrpcRequest } from './read-jsonrpc-request.ts'
import { readJsonrpcResponse } from './read-jsonrpc-response.ts'
import { startedAt } from './read-times.ts'
import { readUserAgent } from './read-user-agent.ts'
import { sealSession } from './seal-session.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** A call that Obot's gateway passed on, or a tool call that a local agent's hook reported to it. */
export const readObotCall = (
  shape: ObotShape,
  value: JsonObject,
  origin: RecordOrigin,
  context: FormatContext,
): Outcome<FormatResult> => {
  const fields = new SourceFields(value)
  const isLocal = [value['eventType'], value['sourceType']].some((type) => textOf(type).startsWith('local_agent'))
  const event = vendorEvent(origin, { name: 'obot', layer: isLocal ? 'trace' : 'gateway' })
  if (!readTimes(event, fields, shape)) return rejected(`${shape.time.join('.')} is missing or not RFC 3339`)
  event.sourceEventId = fields.id('id')
  readActor(event, fields, shape)
  readClient(event, fields, shape)
  readTarget(event, fields, shape)
  readObotOutcome(event, fields, shape)
  const sealed = isLocal ? readLocal(event, fields, shape) : readServed(event, fields, { shape, context })
  dropImplied(fields)
  fields.rest(event.attributes)
  // Obot counts its rows, and two of its installations count alike.
  const vendorId = event.sourceEventId === '' ? '' : `${origin.source} ${event.sourceEventId}`
  return ok({ events: [event], sealed, vendorId })
}

/** What other fields say already, of nearly all records. */
const implied: Readonly<Record<string, readonly (readonly string[])[]>> = {
  mcp_call: [['eventType']],
  mcp: [['sourceType']],
  mcp_tool: [['target', 'targetType']],
  mcp_resource: [['target', 'targetType']],
  mcp_prompt: [['target', 'targetType']],
  mcp_server: [
    ['target', 'targetType'],
    ['target', 'parent', 'targetType'],
  ],
}

const dropImplied = (fields: SourceFields): void => {
  for (const [word, paths] of Object.entries(implied))
    for (const path of paths) if (fields.peek(...path) === word) fields.drop(...path)
  const recordedAt = fields.peek('timestamp', 'recordedAt')
  if (recordedAt === fields.peek('timestamp', 'occurredAt')) fields.drop('timestamp', 'recordedAt')
}

/** Stamped when the request came in; a local agent may say when it began. */
const readTimes = (event: ActivityEvent, fields: SourceFields, shape: ObotShape): boolean => {
  const started = parseTime(fields.peek('details', 'startedAt'))
  const time = started ?? parseTime(fields.peek(...shape.time))
  if (time === undefined) return false
  fields.drop(...(started === undefined ? shape.time : ['details', 'startedAt']))
  startedAt(event, time, readDurationMs(fields, ...shape.durationMs))
  return true
}

/** An agent that Obot hosts calls as a user of this kind. */
const hostedAgent = 'hosted-agent:'

/** Obot establishes the actor itself; what a client reports of its user, host or agent never ends up here. */
const readActor = (event: ActivityEvent, fields: SourceFields, shape: ObotShape): void => {
  const type = fields.peek('actor', 'actorType')
  // A device or an API key that no user stands behind is a principal of its own.
  if (type === 'device') event.serviceAccountId = prefixed('device:', fields.text(...shape.userId))
  else if (type === 'credential') event.serviceAccountId = fields.text(...shape.userId)
  else if (type === 'user' || type === undefined) event.userId = fields.text(...shape.userId)
  if (type === undefined && event.userId === '') {
    event.serviceAccountId = prefixed('device:', fields.text('deviceID'))
  }
  if (event.userId.startsWith(hostedAgent)) event.agentId = event.userId
  // A row says it up to three times.
  if (type === undefined)
    for (const path of [['metadata', 'userID'], ['subject']]) fill(event, 'userId', { fields, path })
}

const prefixed = (prefix: string, id: string): string => (id === '' ? '' : prefix + id)

const readClient = (event: ActivityEvent, fields: SourceFields, shape: ObotShape): void => {
  readUserAgent(event, fields.text(...shape.userAgent))
  const claimed = { name: event.clientName, version: event.clientVersion }
  event.clientName = ''
  event.clientVersion = ''
  for (const path of shape.clientName) fill(event, 'clientName', { fields, path })
  for (const path of shape.clientVersion) fill(event, 'clientVersion', { fields, path })
  if (event.clientName === '') event.clientName = claimed.name
  if (event.clientVersion === '' && event.clientName === claimed.name) event.clientVersion = claimed.version
  event.agentName = fields.text('details', 'agent', 'provider')
  event.clientAddress = fields.text(...shape.clientAddress)
}

/** What a call names besides its server, by method. */
const readTarget = (event: ActivityEvent, fields: SourceFields, shape: ObotShape): void => {
  // A local agent's tools are all called alike, whatever its row says of their type.
  if (event.layer === 'trace') event.method = 'tools/call'
  fill(event, 'method', { fields, path: shape.method })
  const isTool = event.method === 'tools/call'
  if (isTool) event.toolExposed = fields.text(...shape.name)
  else event.resource = fields.text(...shape.name)
  const isServer = fields.peek('target', 'targetType') === 'mcp_server'
  const server = isServer ? ['target'] : ['target', 'parent']
  for (const path of [[...server, 'name'], ['mcpServerDisplayName'], [...server, 'id'], ['mcpID']])
    fill(event, 'server', { fields, path })
  if (!isServer) fill(event, isTool ? 'tool' : 'resource', { fields, path: ['target', 'name'] })
  if (event.tool === '') event.tool = event.toolExposed
}

/** What a local agent calls a tool of an MCP server: `mcp__github__delete_repo`. */
const localMcpTool = /^mcp__(.+?)__(.+)$/s

/** The hook's own ids group calls; bodies are the tool's input and output, without JSON-RPC around them. */
const readLocal = (event: ActivityEvent, fields: SourceFields, shape: ObotShape): readonly SealedValue[] => {
  event.explicitSessionId = fields.text(...shape.sessionId)
  event.arguments = fields.json(...shape.request.body)
  event.result = fields.json(...shape.response.body)
  const named = localMcpTool.exec(event.tool)
  if (named !== null && event.server === '') {
    event.server = named[1] ?? ''
    event.tool = named[2] ?? ''
  }
  return []
}

const readServed = (
  event: ActivityEvent,
  fields: SourceFields,
  by: { readonly shape: ObotShape; readonly context: FormatContext },
): readonly SealedValue[] => {
  const { shape, context } = by
  event.jsonrpcId = fields.id(...shape.requestId)
  const session = sealSession(event, { fields, context }, ...shape.sessionId)
  const asked = readHeaders(event, { fields, context }, ...shape.request.headers)
  const answered = readHeaders(event, { fields, context }, ...shape.response.headers)
  readJsonrpcRequest(event, fields, ...shape.request.body)
  readJsonrpcResponse(event, fields, ...shape.response.body)
  return [...session, ...asked, ...answered]
}
