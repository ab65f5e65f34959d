import type { LayerView } from '../correlate/rows.ts'
import type { CallFact } from './call-fact.ts'
import type { EventFields, FieldValue } from './sigma/compile-condition.ts'

type Read = (call: CallFact) => FieldValue

interface CallField {
  /** As in `INTERFACE.md`'s call. */
  readonly name: string
  /** Other names of the same: OpenTelemetry's, and ours without dots. */
  readonly aliases: readonly string[]
  readonly read: Read
  /** How many values there usually are; what is looked up by few values is looked up seldom with success. */
  readonly spread: 'few' | 'some' | 'many'
}

const field = (name: string, read: Read, spread: CallField['spread'], aliases: readonly string[] = []): CallField => ({
  name,
  read,
  spread,
  aliases,
})

const layer = (name: string): CallField =>
  field(`${name}.decision`, (call) => call.layers.find((view) => isOf(view, name))?.decision ?? '', 'few')

const isOf = (view: LayerView, layerName: string): boolean =>
  view.layer === layerName && (view.decision !== 'not_evaluated' || view.kind !== 'access')

const layerList = (name: string, read: (view: LayerView) => string): CallField =>
  field(`layers.${name}`, (call) => call.layers.map(read).filter((text) => text !== ''), 'few')

/**
 * Every field of a call that a rule can name. The one place where names of rules become fields of ours, for the stream
 * and for SQL.
 */
export const callFields: readonly CallField[] = [
  field('id', (call) => call.id, 'many'),
  field('realm', (call) => call.realm, 'few'),
  // Milliseconds, as times are in rules; a window compares microseconds.
  field('time', (call) => Math.floor(call.timeUs / 1000), 'many', ['timestamp', '@timestamp']),
  field('durationMs', (call) => (call.durationUs === null ? null : call.durationUs / 1000), 'many', [
    'mcp.server.operation.duration',
  ]),
  field('sessionId', (call) => call.sessionId, 'many', ['session']),
  field('explicitSessionId', (call) => call.explicitSessionId, 'many', ['session.id', 'gen_ai.conversation.id']),
  field('mcpSessionId', (call) => call.mcpSessionId, 'many', ['mcp.session.id']),
  field('authSessionId', (call) => call.authSessionId, 'many', ['login']),
  // Who acts, as far as anything tells: what describes an agent groups its calls and attributes nothing.
  field('agent', (call) => call.agentId || `?${call.clientName}`, 'many'),
  field('principal', (call) => call.userId || call.userEmail, 'many'),
  field('agent.id', (call) => call.agentId, 'many', ['agentId', 'gen_ai.agent.id']),
  field('agent.name', (call) => call.agentName, 'some', ['agentName', 'gen_ai.agent.name']),
  field('agent.basis', (call) => call.agentBasis, 'few', ['agentBasis']),
  field('user.id', (call) => call.userId, 'many', ['userId', 'enduser.id']),
  field('user.email', (call) => call.userEmail, 'many', ['userEmail']),
  field('serviceAccountId', (call) => call.serviceAccountId, 'many'),
  field('client.name', (call) => call.clientName, 'some', ['clientName']),
  field('client.version', (call) => call.clientVersion, 'some', ['clientVersion']),
  field('client.address', (call) => call.clientAddress, 'many', ['clientAddress']),
  field('client.userAgent', (call) => call.userAgent, 'some', ['userAgent', 'user_agent.original']),
  field('server', (call) => call.server, 'some', ['server.address']),
  field('method', (call) => call.method, 'few', ['mcp.method.name', 'rpc.method']),
  field('tool', (call) => call.tool, 'some', ['gen_ai.tool.name', 'mcp.tool.name']),
  field('toolExposed', (call) => call.toolExposed, 'some'),
  field('resource', (call) => call.resource, 'many', ['mcp.resource.uri']),
  field('decision', (call) => call.decision, 'few'),
  field('decisionBasis', (call) => call.decisionBasis, 'few'),
  field('decisionSource', (call) => call.decisionSource, 'few'),
  layer('proxy'),
  layer('gateway'),
  layer('server'),
  layer('trace'),
  layerList('layer', (view) => view.layer),
  layerList('product', (view) => view.product),
  layerList('kind', (view) => view.kind),
  layerList('decision', (view) => view.decision),
  layerList('policyId', (view) => view.policyId),
  field('layers.reasons', (call) => call.layers.flatMap((view) => view.reasons), 'some', ['reasons']),
  field('outcome', (call) => call.outcome, 'few'),
  field('httpStatus', (call) => call.httpStatus, 'few', ['http.response.status_code']),
  field('errorType', (call) => call.errorType, 'some', ['error.type']),
  field('httpRequestId', (call) => call.httpRequestId, 'many', ['http.request.id']),
  field('jsonrpcId', (call) => call.jsonrpcId, 'many', ['jsonrpc.request.id', 'rpc.jsonrpc.request_id']),
  field('traceId', (call) => call.traceId, 'many', ['trace_id']),
  field('disagreements', (call) => call.disagreements, 'few'),
  field('tool.classes', (call) => call.assessment.toolClasses, 'few', ['toolClasses']),
  field('flow', (call) => call.assessment.flow, 'few'),
  field('flow.percent', (call) => call.assessment.flowPercent, 'some'),
  field('flow.from', (call) => call.assessment.flowFrom, 'many'),
  field('destinations', (call) => call.features.destinations, 'many'),
  field('arguments.bytes', (call) => call.features.argumentsBytes, 'many'),
  field('arguments.secrets', (call) => call.features.argumentsSecrets, 'few'),
  field('arguments.pii', (call) => call.features.argumentsPii, 'few'),
  field('arguments.encodings', (call) => call.features.argumentsEncodings, 'few'),
  field('arguments.hiddenCharacters', (call) => call.features.argumentsHidden, 'few'),
  field('arguments.entropyMilli', (call) => call.features.argumentsEntropyMilli, 'many'),
  field('result.bytes', (call) => call.features.resultBytes, 'many'),
  field('result.secrets', (call) => call.features.resultSecrets, 'few'),
  field('result.pii', (call) => call.features.resultPii, 'few'),
  field('result.encodings', (call) => call.features.resultEncodings, 'few'),
  field('result.hiddenCharacters', (call) => call.features.resultHidden, 'few'),
  field('result.instructions', (call) => call.features.resultInstructions, 'some'),
]

const byName: ReadonlyMap<string, CallField> = new Map(
  callFields.flatMap((each) => [each.name, ...each.aliases].map((name) => [name, each] as const)),
)

export const callFieldOf = (name: string): CallField | undefined => byName.get(name)

/** Every name that a rule can use for a field of a call. */
export const callFieldNames: readonly string[] = [...byName.keys()]

const textFields = callFields.filter((each) => each.name !== 'time' && each.name !== 'agent')

/** How the fields of a stored call are read. */
export const factFields: EventFields<CallFact> = {
  reader: (name) => byName.get(name)?.read ?? null,
  texts: function* (call) {
    for (const { read } of textFields) {
      const value = read(call)
      if (typeof value === 'string') yield value
      else if (typeof value === 'object' && value !== null) yield* value
    }
  },
  isEmptyUnknown: true,
}
