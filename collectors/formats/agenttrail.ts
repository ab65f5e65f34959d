import type { ActivityEvent } from '../../src/event/event.ts'
import { type ParsedTime, parseTime } from '../../src/event/parse-time.ts'
import { parseTraceparent } from '../../src/event/parse-traceparent.ts'
import { isRawJson } from '../../src/event/raw-json.ts'
import type { Format, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { openCloudEvent } from './cloud-event.ts'
import { compiledDecisionEvent, type DecisionEvent, decisionEvent } from './decision-event.ts'
import { explainIssues } from './explain-issues.ts'
import { objectOf, textOf } from './field-values.ts'
import type { TextField } from './fill.ts'
import { hexId } from './hex-id.ts'
import { keep } from './keep.ts'
import { readUserAgent } from './read-user-agent.ts'
import { readUserText } from './read-user-text.ts'
import { sealSessionId } from './seal-session.ts'
import { vendorEvent } from './vendor-event.ts'

const groups = ['principal', 'client', 'session', 'request', 'result'] as const
type Group<Name extends (typeof groups)[number]> = NonNullable<DecisionEvent[Name]>

const known: ReadonlySet<string> = new Set(Object.keys(decisionEvent.shape))
const knownIn = Object.fromEntries(
  groups.map((group) => [group, new Set(Object.keys(decisionEvent.shape[group].unwrap().shape))]),
)

/** Our own decision event, alone or in a CloudEvents envelope: what a gateway sends that has no log of its own. */
export const agenttrail: Format = {
  name: 'agenttrail',

  recognises: (value) =>
    typeof value['specversion'] === 'string' ||
    (typeof value['decision'] === 'string' && typeof value['time'] === 'string'),

  read: (value, origin, context) => {
    const opened = openCloudEvent(value)
    if (opened.kind !== 'ok') return opened
    const data = withPlainNumbers(opened.value.data)
    const checked = compiledDecisionEvent.safeParse(data)
    if (!checked.success) return rejected(explainIssues(checked.error.issues))
    const time = parseTime(checked.data.time)
    if (time === undefined) return rejected('time: write RFC 3339 with an offset, for example 2026-11-24T07:51:49.127Z')
    const event = build(checked.data, time, origin)
    const sealed = sealSessionId(event, checked.data.session?.mcpSessionId ?? '', context)
    keepUnknown(event, data)
    for (const [key, extra] of Object.entries(opened.value.envelope)) keep(event, `cloudevents.${key}`, extra)
    const { id, source } = opened.value
    return ok({ events: [event], sealed, vendorId: id === '' ? '' : `${source || event.product} ${id}` })
  },
}

/** Numbers with more digits than a double keeps: a JSON-RPC id stays exact, as text; a measure is rounded. */
const withPlainNumbers = (data: JsonObject): JsonObject => {
  const exact = ['request', 'result'].filter((group) => Object.values(objectOf(data[group]) ?? {}).some(isRawJson))
  const plain = exact.map((group) => [
    group,
    Object.fromEntries(Object.entries(objectOf(data[group]) ?? {}).map(plainNumber)),
  ])
  return exact.length === 0 ? data : { ...data, ...Object.fromEntries(plain) }
}

const plainNumber = ([key, value]: [string, unknown]): [string, unknown] => {
  if (!isRawJson(value) || key === 'arguments' || key === 'content') return [key, value]
  return [key, key === 'jsonrpcId' ? value.rawJSON : Number(value.rawJSON)]
}

const build = (data: DecisionEvent, time: ParsedTime, origin: RecordOrigin): ActivityEvent => {
  const event = vendorEvent(origin, { name: 'agenttrail', layer: data.layer ?? 'gateway' })
  event.product = data.product ?? event.product
  event.kind = data.decision === 'not_evaluated' ? 'request' : 'decision'
  event.sourceEventId = data.id ?? ''
  readTimes(event, data, time)
  // A user agent's name for the client gives way to the one that the client states.
  if (data.client?.userAgent !== undefined) readUserAgent(event, data.client.userAgent)
  readTexts(event, data)
  if (event.userText === '') {
    event.userText = readUserText([data.attributes, data.session, data.request, data.principal, data])
  }
  readRequest(event, data.request)
  readDecision(event, data)
  readResult(event, data.result)
  return event
}

const readTimes = (event: ActivityEvent, data: DecisionEvent, time: ParsedTime): void => {
  const durationMs = data.result?.durationMs
  event.durationUs = durationMs === undefined ? null : Math.round(durationMs * 1000)
  event.timePrecisionUs = time.precisionUs
  event.timeBasis = data.timeBasis ?? 'start'
  const isEnd = event.timeBasis === 'end'
  const lasted = event.durationUs ?? 0
  event.timeUs = isEnd ? time.timeUs - lasted : time.timeUs
  event.endTimeUs = isEnd ? time.timeUs : event.durationUs === null ? null : time.timeUs + lasted
}

/** Which member of which group goes into which field. */
const fields = {
  principal: {
    userId: 'userId',
    userEmail: 'userEmail',
    agentId: 'agentId',
    agentName: 'agentName',
    serviceAccountId: 'serviceAccountId',
    oauthClientId: 'oauthClientId',
  },
  client: { name: 'clientName', version: 'clientVersion', address: 'clientAddress' },
  session: { explicitId: 'explicitSessionId', authSessionId: 'authSessionId', userText: 'userText' },
  request: {
    httpRequestId: 'httpRequestId',
    method: 'method',
    tool: 'tool',
    resource: 'resource',
    server: 'server',
    routeId: 'routeId',
    httpMethod: 'httpMethod',
    host: 'httpHost',
    path: 'urlPath',
  },
  result: { errorType: 'errorType', errorMessage: 'errorMessage' },
} as const satisfies Record<string, Readonly<Record<string, TextField>>>

const readTexts = (event: ActivityEvent, data: DecisionEvent): void => {
  for (const group of groups) {
    const given: Readonly<Record<string, unknown>> = data[group] ?? {}
    for (const [member, field] of Object.entries<TextField>(fields[group])) {
      const text = given[member]
      if (typeof text === 'string') event[field] = text
    }
  }
}

const readRequest = (event: ActivityEvent, request: Group<'request'> = {}): void => {
  readTrace(event, request)
  if (request.jsonrpcId !== undefined) event.jsonrpcId = String(request.jsonrpcId)
  event.toolExposed = request.toolExposed ?? event.tool
  // Only one method has a tool.
  if (event.method === '' && event.tool !== '') event.method = 'tools/call'
  event.requestBytes = request.bytes ?? null
  event.arguments = jsonText(request.arguments)
}

/** What is no id would join calls that have nothing in common: all that a gateway without tracing sends is zeros. */
const readTrace = (event: ActivityEvent, request: Group<'request'>): void => {
  const parent = parseTraceparent(request.traceparent)
  event.traceId = hexId(request.traceId, 32) || parent.traceId
  event.spanId = hexId(request.spanId, 16)
  event.parentSpanId = hexId(request.parentSpanId, 16) || parent.spanId
  for (const name of ['traceId', 'spanId', 'parentSpanId'] as const) {
    const given = request[name] ?? ''
    if (given !== '' && given.toLowerCase() !== event[name]) keep(event, `request.${name}`, given)
  }
}

const readDecision = (event: ActivityEvent, data: DecisionEvent): void => {
  event.decision = data.decision
  event.decisionBasis = data.decision === 'not_evaluated' ? '' : 'explicit'
  event.decisionSource = data.decisionSource ?? ''
  event.decisionReasons = data.reasons ?? []
  event.policyId = data.policyId ?? ''
  event.policyVersion = data.policyVersion ?? ''
}

const readResult = (event: ActivityEvent, result: Group<'result'> = {}): void => {
  const isStopped = event.decision === 'deny' || event.decision === 'escalate'
  event.outcome = result.outcome ?? (isStopped ? 'denied' : 'unknown')
  event.httpStatus = result.httpStatus ?? null
  event.responseBytes = result.bytes ?? null
  event.result = jsonText(result.content)
}

/** Text that a gateway already wrote as JSON stays as it is. */
const jsonText = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' && /^\s*[[{]/.test(value) ? value : JSON.stringify(value)

/** Members that the schema does not know are kept; `attributes` are kept under their own names. */
const keepUnknown = (event: ActivityEvent, data: JsonObject): void => {
  keepOthers(event, data, { known, prefix: '' })
  keepOthers(event, objectOf(data['attributes']), { known: new Set(), prefix: '' })
  for (const group of groups) {
    keepOthers(event, objectOf(data[group]), { known: knownIn[group] ?? new Set(), prefix: `${group}.` })
  }
  const traceparent = textOf(objectOf(data['request'])?.['traceparent'])
  if (traceparent !== '' && !traceparent.includes(event.traceId || ' ')) keep(event, 'request.traceparent', traceparent)
}

const keepOthers = (
  event: ActivityEvent,
  members: JsonObject | undefined,
  of: { readonly known: ReadonlySet<string>; readonly prefix: string },
): void => {
  for (const [key, value] of Object.entries(members ?? {})) {
    if (!of.known.has(key)) keep(event, `${of.prefix}${key}`, value)
  }
}
