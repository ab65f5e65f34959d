import { noAssessment } from '../correlate/call.ts'
import { noFeatures } from '../correlate/call-content.ts'
import type { LayerView } from '../correlate/rows.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { CallFact } from './call-fact.ts'
import { callFieldNames, callFieldOf } from './call-fields.ts'

type Shape = Readonly<Record<string, unknown>>

/** A call with nothing known of it. */
const noCall: CallFact = {
  id: '',
  realm: 'default',
  timeUs: 0,
  durationUs: null,
  sessionId: '',
  agentId: '',
  agentName: '',
  agentBasis: '',
  userId: '',
  userEmail: '',
  clientName: '',
  clientVersion: '',
  clientAddress: '',
  userAgent: '',
  explicitSessionId: '',
  mcpSessionId: '',
  authSessionId: '',
  serviceAccountId: '',
  server: '',
  method: '',
  tool: '',
  toolExposed: '',
  resource: '',
  decision: 'not_evaluated',
  decisionBasis: '',
  decisionSource: '',
  layers: [],
  outcome: 'unknown',
  httpStatus: null,
  errorType: '',
  httpRequestId: '',
  jsonrpcId: '',
  traceId: '',
  disagreements: [],
  features: noFeatures,
  assessment: noAssessment,
}

/** Fields of a rule whose place in a call is named differently. */
const keys: Readonly<Record<string, keyof CallFact>> = {
  'agent.id': 'agentId',
  'agent.name': 'agentName',
  'agent.basis': 'agentBasis',
  'user.id': 'userId',
  'user.email': 'userEmail',
  'client.name': 'clientName',
  'client.version': 'clientVersion',
  'client.address': 'clientAddress',
  'client.userAgent': 'userAgent',
}

export interface ReadCall {
  readonly call: CallFact
  /** Keys that are no field of a call, with the field that was probably meant. */
  readonly unknown: readonly string[]
}

/** A call in the words of `INTERFACE.md`, nested or with dotted names, as rules see it. */
export const callFromShape = (shape: Shape): ReadCall => {
  const call: Record<string, unknown> = { ...noCall }
  const unknown: string[] = []
  const layers: LayerView[] = []
  for (const [name, value] of flattened(shape)) {
    const layer = /^(proxy|gateway|server|trace)\.decision$/.exec(name)?.[1]
    if (layer !== undefined) layers.push(layerView({ layer, decision: value }))
    else if (name === 'layers') layers.push(...layersOf(value))
    else if (!assign(call, name, value)) unknown.push(name)
  }
  return { call: { ...noCall, ...call, layers }, unknown }
}

/** Why a key is no field of a call. */
export const unknownFieldText = (name: string): string => {
  const near = didYouMean(name, callFieldNames)
  return `calls have no field "${name}"${near === null ? '' : `; did you mean ${near}?`}`
}

/** Nested maps as dotted names, unless the name as it stands is a field. */
const flattened = (shape: Shape, prefix = ''): readonly (readonly [string, unknown])[] =>
  Object.entries(shape).flatMap(([key, value]) => {
    const name = `${prefix}${key}`
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isMap ? flattened(value as Shape, `${name}.`) : [[name, value] as const]
  })

const assign = (call: Record<string, unknown>, name: string, value: unknown): boolean => {
  const field = callFieldOf(name)?.name
  if (field === undefined) return false
  const special = specials[field]
  const feature = features[field]
  const made = assessments[field]
  if (special !== undefined) Object.assign(call, special(value))
  else if (feature !== undefined) call['features'] = { ...(call['features'] as object), [feature]: listOrNumber(value) }
  else if (made !== undefined) call['assessment'] = { ...(call['assessment'] as object), [made]: listOrNumber(value) }
  else {
    const key = keys[field] ?? field
    if (!(key in call)) return false
    call[key] = value === null || value === undefined ? '' : String(value)
  }
  return true
}

/** Fields that are no text. */
const specials: Readonly<Record<string, (value: unknown) => Partial<CallFact>>> = {
  time: (value) => ({ timeUs: timeUs(value) }),
  durationMs: (value) => ({ durationUs: typeof value === 'number' ? Math.round(value * 1000) : null }),
  httpStatus: (value) => ({ httpStatus: typeof value === 'number' ? value : null }),
  disagreements: (value) => ({ disagreements: [value].flat().map(String) }),
}

/** Fields that the contents of a call show, and those that the analyser makes of it. */
const features: Readonly<Record<string, keyof CallFact['features']>> = {
  destinations: 'destinations',
  'arguments.bytes': 'argumentsBytes',
  'arguments.secrets': 'argumentsSecrets',
  'arguments.pii': 'argumentsPii',
  'arguments.encodings': 'argumentsEncodings',
  'arguments.hiddenCharacters': 'argumentsHidden',
  'arguments.entropyMilli': 'argumentsEntropyMilli',
  'result.bytes': 'resultBytes',
  'result.secrets': 'resultSecrets',
  'result.pii': 'resultPii',
  'result.encodings': 'resultEncodings',
  'result.hiddenCharacters': 'resultHidden',
  'result.instructions': 'resultInstructions',
}
const assessments: Readonly<Record<string, keyof CallFact['assessment']>> = {
  'tool.classes': 'toolClasses',
  flow: 'flow',
  'flow.percent': 'flowPercent',
  'flow.from': 'flowFrom',
}

const listOrNumber = (value: unknown): readonly string[] | number =>
  typeof value === 'number' ? value : [value].flat().map(String)

const timeUs = (value: unknown): number => {
  const timeMs = typeof value === 'number' ? value : Date.parse(String(value))
  if (Number.isNaN(timeMs)) return 0
  // `Date` knows milliseconds; the three digits behind them tell the microseconds.
  const micros = /\.\d{3}(\d{1,3})/.exec(String(value))?.[1] ?? ''
  return timeMs * 1000 + Number(micros.padEnd(3, '0'))
}

const layersOf = (value: unknown): readonly LayerView[] =>
  Array.isArray(value)
    ? value.filter((each): each is Shape => typeof each === 'object' && each !== null).map(layerView)
    : []

const layerView = (view: Shape): LayerView => {
  const text = (key: string): string => (typeof view[key] === 'string' ? view[key] : '')
  const reasons: unknown = view['reasons']
  return {
    layer: text('layer') as LayerView['layer'],
    product: text('product'),
    kind: text('kind') || 'decision',
    decision: (text('decision') || 'not_evaluated') as LayerView['decision'],
    basis: text('basis') as LayerView['basis'],
    source: text('source') as LayerView['source'],
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    policyId: text('policyId'),
    eventId: text('eventId'),
    timeUs: 0,
    durationUs: null,
  }
}
