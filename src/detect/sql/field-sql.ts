import { callFieldOf } from '../call-fields.ts'

/** How a field of a call is read in SQL, from the columns of `callsSql`. */
export interface FieldSql {
  readonly sql: string
  /** A number may be null; text is never. */
  readonly type: 'text' | 'number' | 'list'
}

const text = (sql: string): FieldSql => ({ sql, type: 'text' })
const number = (sql: string): FieldSql => ({ sql, type: 'number' })
const list = (sql: string): FieldSql => ({ sql, type: 'list' })

/** What the first view of a layer says that is no mere access line. */
const layer = (name: string): FieldSql =>
  text(
    `tupleElement(arrayFirst(view -> view.layer = '${name}' AND (view.decision != 'not_evaluated' OR view.kind != 'access'), layer_views), 'decision')`,
  )

const ofLayers = (name: string): FieldSql =>
  list(`arrayFilter(text -> text != '', tupleElement(layer_views, '${name}'))`)

const fields: Readonly<Record<string, FieldSql>> = {
  id: text('id'),
  realm: text('realm'),
  time: { sql: 'intDiv(t, 1000)', type: 'number' },
  durationMs: { sql: '(duration_us / 1000)', type: 'number' },
  sessionId: text('session_id'),
  explicitSessionId: text('explicit_session_id'),
  mcpSessionId: text('mcp_session_id'),
  authSessionId: text('auth_session_id'),
  agent: text("if(agent_id != '', toString(agent_id), concat('?', client_name))"),
  principal: text("if(user_id != '', toString(user_id), toString(user_email))"),
  'agent.id': text('agent_id'),
  'agent.name': text('agent_name'),
  'agent.basis': text('agent_basis'),
  'user.id': text('user_id'),
  'user.email': text('user_email'),
  serviceAccountId: text('service_account_id'),
  'client.name': text('client_name'),
  'client.version': text('client_version'),
  'client.address': text('client_address'),
  'client.userAgent': text('user_agent'),
  server: text('server'),
  method: text('method'),
  tool: text('tool'),
  toolExposed: text('tool_exposed'),
  resource: text('resource'),
  decision: text('decision'),
  decisionBasis: text('decision_basis'),
  decisionSource: text('decision_source'),
  'proxy.decision': layer('proxy'),
  'gateway.decision': layer('gateway'),
  'server.decision': layer('server'),
  'trace.decision': layer('trace'),
  'layers.layer': ofLayers('layer'),
  'layers.product': ofLayers('product'),
  'layers.kind': ofLayers('kind'),
  'layers.decision': ofLayers('decision'),
  'layers.policyId': ofLayers('policyId'),
  'layers.reasons': list("arrayFlatten(tupleElement(layer_views, 'reasons'))"),
  outcome: text('outcome'),
  httpStatus: { sql: 'http_status', type: 'number' },
  errorType: text('error_type'),
  httpRequestId: text('http_request_id'),
  jsonrpcId: text('jsonrpc_id'),
  traceId: text('trace_id'),
  disagreements: list('disagreements'),
  'tool.classes': list('tool_classes'),
  flow: list('flow'),
  'flow.percent': number('flow_percent'),
  'flow.from': list('flow_from'),
  destinations: list('destinations'),
  'arguments.bytes': number('arguments_bytes'),
  'arguments.secrets': list('arguments_secrets'),
  'arguments.pii': list('arguments_pii'),
  'arguments.encodings': list('arguments_encodings'),
  'arguments.hiddenCharacters': number('arguments_hidden'),
  'arguments.entropyMilli': number('arguments_entropy_milli'),
  'result.bytes': number('result_bytes'),
  'result.secrets': list('result_secrets'),
  'result.pii': list('result_pii'),
  'result.encodings': list('result_encodings'),
  'result.hiddenCharacters': number('result_hidden'),
  'result.instructions': number('result_instructions'),
}

/** A field by any of its names in rules; null if calls have none of that name. */
export const fieldSql = (name: string): FieldSql | null => fields[callFieldOf(name)?.name ?? ''] ?? null

/** Every text of a call, for keywords: what `factFields.texts` reads. */
export const textsSql = (): string => {
  const known = Object.entries(fields).filter(([name]) => name !== 'time' && name !== 'agent')
  const texts = known.flatMap(([, field]) => (field.type === 'text' ? [`toString(${field.sql})`] : []))
  const lists = known.flatMap(([, field]) => (field.type === 'list' ? [`CAST(${field.sql}, 'Array(String)')`] : []))
  return `arrayConcat([${texts.join(', ')}], ${lists.join(', ')})`
}

/** The text that stands for a field's value where values are told apart, as `valueText` makes it. */
export const valueTextSql = (name: string): string => {
  const field = fieldSql(name)
  if (field === null) return "''"
  if (field.type === 'text') return `toString(${field.sql})`
  if (field.type === 'number') return `ifNull(toString(${field.sql}), '')`
  return `arrayStringConcat(${field.sql}, '\\x01')`
}

/** A field's value as the text that other fields are compared with. */
export const wholeTextSql = (name: string): string => {
  const field = fieldSql(name)
  return field?.type === 'list' ? `arrayStringConcat(${field.sql}, ',')` : valueTextSql(name)
}
