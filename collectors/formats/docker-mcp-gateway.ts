import type { ActivityEvent, Decision } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ignored, ok, rejected } from '../../src/ingest/outcome.ts'
import { objectOf, textOf } from './field-values.ts'
import { readHeaders } from './read-headers.ts'
import { readJsonrpcRequest } from './read-jsonrpc-request.ts'
import { startedAt } from './read-times.ts'
import { readTraceId } from './read-trace.ts'
import { sealSession } from './seal-session.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

const name = 'docker-mcp-gateway'

/** Docker's MCP gateway: its policy's audit events, and what it hands to a `before` interceptor. */
export const dockerMcpGateway: Format = {
  name,

  recognises: (value) => isAudit(value) || parametersOf(value) !== undefined,

  read: (value, origin, context) => {
    if (isAudit(value)) return readAudit(value, origin, context)
    if (parametersOf(value) !== undefined) return readIntercepted(value, origin, context)
    if (Array.isArray(value['content'])) return ignored('an answer, which names no tool: use a before interceptor')
    return ignored('neither an audit event nor an intercepted call')
  },
}

const isAudit = (value: JsonObject): boolean =>
  typeof value['trigger'] === 'string' &&
  typeof value['target_type'] === 'string' &&
  typeof value['result'] === 'string'

const readAudit: Format['read'] = (value, origin, context) => {
  const time = parseTime(value['timestamp'])
  if (time === undefined) return rejected('timestamp is missing or not RFC 3339')
  const fields = new SourceFields(value)
  const event = vendorEvent(origin, { name, layer: 'gateway' })
  fields.drop('timestamp')
  // The policy is asked before the call is made.
  startedAt(event, time, undefined)
  readTarget(event, fields)
  readWho(event, fields)
  readDecision(event, fields)
  const sealed = sealSession(event, { fields, context }, 'session_id')
  event.traceId = readTraceId(fields, 'trace_id')
  fields.rest(event.attributes)
  return ok({ events: [event], sealed, vendorId: '' })
}

/** What an agent asks for, by trigger and target; everything else is the gateway's set-up. */
const methods: Readonly<Record<string, string>> = { 'invoke tool': 'tools/call', 'prompt prompt': 'prompts/get' }

const readTarget = (event: ActivityEvent, fields: SourceFields): void => {
  const what = `${textOf(fields.peek('trigger'))} ${textOf(fields.peek('target_type'))}`
  const method = Object.hasOwn(methods, what) ? methods[what] : undefined
  event.kind = method === undefined ? 'admin' : 'decision'
  event.method = method ?? ''
  if (method !== undefined) for (const key of ['trigger', 'target_type']) fields.drop(key)
  event.server = fields.text('server_name')
  event.tool = fields.text('tool_name')
  event.toolExposed = event.tool
  event.resource = fields.text('prompt_name')
}

const readWho = (event: ActivityEvent, fields: SourceFields): void => {
  event.clientName = fields.text('client_name')
  event.clientVersion = fields.text('client_version')
  if (fields.peek('actor_type') === 'user') event.userId = fields.text('actor_id')
}

const decisions: Readonly<Record<string, Decision>> = { allowed: 'allow', denied: 'deny' }

const readDecision = (event: ActivityEvent, fields: SourceFields): void => {
  const result = textOf(fields.peek('result'))
  const decision = Object.hasOwn(decisions, result) ? decisions[result] : undefined
  if (decision !== undefined) fields.drop('result')
  event.decision = decision ?? 'indeterminate'
  event.decisionBasis = 'explicit'
  event.decisionSource = 'policy'
  const reason = fields.text('outcome_reason')
  // `policy_error`: the policy could not be asked, and the gateway fails closed.
  event.decisionReasons = reason === '' ? [] : [reason]
  event.policyId = fields.text('policy_id')
  event.policyVersion = fields.text('policy_version')
  if (event.decision !== 'deny') return
  event.outcome = 'denied'
  event.errorMessage = fields.text('reason')
  if (reason === 'policy_error') event.errorType = reason
}

/** The call's parameters in what an interceptor is given: `{method, params}`, in older versions the whole Go struct. */
const parametersOf = (value: JsonObject): 'params' | 'Params' | undefined => {
  if (objectOf(value['Params']) !== undefined) return 'Session' in value && 'Extra' in value ? 'Params' : undefined
  // A JSON-RPC message would have a version: this is none.
  const isIntercepted = value['method'] === 'tools/call' && !('jsonrpc' in value) && !('id' in value)
  return isIntercepted && objectOf(value['params']) !== undefined ? 'params' : undefined
}

/** An interceptor is given no time, so the call began a moment before its record came in. */
const readIntercepted: Format['read'] = (value, origin, context) => {
  const key = parametersOf(value) ?? 'params'
  // Both shapes are read as the JSON-RPC request that the call was.
  const { [key]: params, ...others } = value
  const fields = new SourceFields({ ...others, request: { method: 'tools/call', params } })
  if (value['method'] === 'tools/call') fields.drop('method')
  const event = vendorEvent(origin, { name, layer: 'gateway' })
  startedAt(event, { timeUs: origin.observedTimeUs, precisionUs: 1_000_000 }, undefined)
  readJsonrpcRequest(event, fields, 'request')
  event.tool = event.toolExposed
  if (event.tool === '') return rejected(`${key}.name is missing`)
  const sealed = readHeaders(event, { fields, context }, 'Extra', 'Header')
  fields.rest(event.attributes)
  return ok({ events: [event], sealed, vendorId: '' })
}
