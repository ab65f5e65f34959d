import type { SealedValue } from '../../../src/event/seal-strings.ts'
import type { JsonObject } from '../../../src/ingest/format.ts'
import { objectOf, textOf } from '../field-values.ts'
import { hexId } from '../hex-id.ts'
import type { SourceFields } from '../source-fields.ts'
import { KeptValues } from './kept-values.ts'

/** A span's event; its members and attributes are in `around`, under `path` and their own names. */
export interface OtlpSpanEvent {
  readonly name: string
  readonly path: string
}

/** One span or log record with everything that stands around it. */
export interface OtlpItem {
  readonly signal: 'span' | 'log'
  readonly name: string
  /** `SPAN_KIND_*`: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly spanKind: number
  readonly serviceName: string
  readonly scopeName: string
  /** Its attributes under their own names. */
  readonly attributes: SourceFields
  /** All else: `span.*` or `log.*`, `span.events.0.*`, `span.links.0.*`, `resource.*`, `scope.*`. */
  readonly around: SourceFields
  readonly events: readonly OtlpSpanEvent[]
  readonly linkedTraceIds: readonly string[]
  readonly sealed: readonly SealedValue[]
}

/** What an item stands under: its resource, its scope, and what is written beside them. */
export interface OtlpSurroundings {
  readonly resource: unknown
  readonly scope: unknown
  /** The members beside resources, scopes and items, at each depth. */
  readonly others: readonly {
    readonly prefix: string
    readonly members: JsonObject
    readonly without: readonly string[]
  }[]
}

const kindNames = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'] as const

/** Reads a span or log record: nothing is judged yet, and nothing is left out. */
export const readItem = (
  signal: OtlpItem['signal'],
  value: JsonObject,
  given: { readonly surroundings: OtlpSurroundings; readonly seal: (token: string) => string },
): OtlpItem => {
  const sealed: SealedValue[] = []
  const own = new KeptValues({ seal: given.seal, sealed })
  const around = new KeptValues({ seal: given.seal, sealed })
  own.addAttributes('', value['attributes'], `${signal}.attributes`)
  around.addMembers(`${signal}.`, value, ['attributes', 'events', 'links'])
  const events = readEvents(value['events'], around)
  const linkedTraceIds = readLinks(value['links'], around)
  addSurroundings(around, given.surroundings)
  return {
    signal,
    name: textOf(value['name']) || textOf(value['eventName']),
    spanKind: kindOf(value['kind']),
    serviceName: textOf(around.get('resource.service.name')),
    scopeName: textOf(around.get('scope.name')),
    attributes: own.fields(),
    around: around.fields(),
    events,
    linkedTraceIds,
    sealed,
  }
}

/** By number, or by name as protobuf's JSON mapping allows. */
const kindOf = (kind: unknown): number => {
  if (typeof kind === 'number') return kind
  return Math.max(
    0,
    kindNames.findIndex((name) => kind === `SPAN_KIND_${name}`),
  )
}

const readEvents = (list: unknown, around: KeptValues): readonly OtlpSpanEvent[] =>
  readMembers(list, 'span.events', around).map(({ object, path }) => ({ name: textOf(object?.['name']), path }))

/** The traces that the links lead to. */
const readLinks = (list: unknown, around: KeptValues): readonly string[] =>
  readMembers(list, 'span.links', around)
    .map(({ object }) => hexId(object?.['traceId'], 32))
    .filter((id) => id !== '')

/** Keeps each member of a list of objects with attributes. */
const readMembers = (
  list: unknown,
  listPath: string,
  around: KeptValues,
): readonly { readonly object: JsonObject | undefined; readonly path: string }[] => {
  if (!Array.isArray(list)) {
    if (list !== undefined) around.add(listPath, list)
    return []
  }
  return list.map((member, index) => {
    const path = `${listPath}.${index}.`
    const object = objectOf(member)
    if (object === undefined) around.add(`${listPath}.${index}`, member)
    around.addMembers(path, object, ['attributes'])
    around.addAttributes(path, object?.['attributes'], `${path}attributes`)
    return { object, path }
  })
}

const addSurroundings = (around: KeptValues, { resource, scope, others }: OtlpSurroundings): void => {
  addOwner(around, 'resource', resource)
  addOwner(around, 'scope', scope)
  for (const { prefix, members, without } of others) around.addMembers(prefix, members, without)
}

const addOwner = (around: KeptValues, owner: 'resource' | 'scope', value: unknown): void => {
  const object = objectOf(value)
  if (object === undefined && value !== undefined) around.add(owner, value)
  // What a product is told by comes first: nothing else may stand under that name.
  if (owner === 'scope') around.addMembers('scope.', object, ['attributes'])
  around.addAttributes(`${owner}.`, object?.['attributes'], `${owner}.attributes`)
  if (owner === 'resource') around.addMembers('resource.', object, ['attributes'])
}
