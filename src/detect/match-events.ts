import type { CallFact } from './call-fact.ts'
import { callFieldOf, factFields } from './call-fields.ts'
import { callFromShape } from './call-from-shape.ts'
import type { Rule } from './rule.ts'
import { findingsOf } from './run-rule-tests.ts'
import { compileCondition, type EventFields, type FieldValue } from './sigma/compile-condition.ts'

type Shape = Readonly<Record<string, unknown>>

/** An event as it was given, dressed as a call so that windows can be evaluated over it. */
interface DressedEvent extends CallFact {
  readonly event: Shape
}

/**
 * Which events a rule matches, each a map of fields. Of a rule about one event those that it selects; of a correlation
 * those that prove one of its findings. A rule about other log sources reads the fields by the names it gives them.
 */
export const matchEvents = (rule: Rule, events: readonly Shape[]): readonly boolean[] => {
  const isAboutCalls = rule.state !== 'off' || isOfCalls(events)
  const fields = (isAboutCalls ? factFields : eventFields) as EventFields<CallFact>
  const calls = events.map(dressed)
  const source = rule.correlation.inputs[0]?.source
  if (rule.isAboutOneCall && source !== undefined && !('inputs' in source)) {
    return calls.map(compileCondition(source, fields))
  }
  const inOrder = [...calls].sort((a, b) => a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1))
  const proving = new Set(findingsOf(rule, inOrder, fields).flatMap((finding) => finding.calls))
  return calls.map((call) => proving.has(call.id))
}

/** Whether events are calls in our words rather than something else. */
const isOfCalls = (events: readonly Shape[]): boolean =>
  events.length > 0 && events.every((event) => callFromShape(event).unknown.length === 0)

const dressed = (event: Shape, at: number): DressedEvent => {
  const { call } = callFromShape(event)
  // Events without a time are a second apart, in the order of their lines.
  const timeUs = call.timeUs === 0 ? (at + 1) * 1_000_000 : call.timeUs
  return { ...call, id: String(at).padStart(9, '0'), timeUs, event }
}

/** Fields of any event: by the name as it stands, by its path, or by what calls name it. */
const eventFields: EventFields<DressedEvent> = {
  reader: (name) => (event) => {
    const value = lookUp(event.event, name)
    if (value !== undefined) return value
    const field = callFieldOf(name)
    return isGroupOfOurs(name) ? field?.read(event) : lookUp(event.event, field?.name ?? name)
  },
  texts: ({ event }) => textsOf(event),
  isEmptyUnknown: false,
}

/** What findings are about where a correlation does not say: unknown for events of others. */
const isGroupOfOurs = (name: string): boolean => name === 'agent' || name === 'principal'

const lookUp = (event: Shape, name: string): FieldValue => {
  if (name in event) return fieldValue(event[name])
  const at = name.indexOf('.')
  if (at < 0) return undefined
  const inner = event[name.slice(0, at)]
  return typeof inner === 'object' && inner !== null ? lookUp(inner as Shape, name.slice(at + 1)) : undefined
}

const fieldValue = (value: unknown): FieldValue => {
  if (Array.isArray(value)) return value.map(String)
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : (value as FieldValue)
}

function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) yield* textsOf(inner)
  else if (value !== null && value !== undefined) yield String(value)
}
