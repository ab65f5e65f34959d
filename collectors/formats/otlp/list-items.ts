import type { JsonObject } from '../../../src/ingest/format.ts'
import { ignored, type Outcome, ok, rejected } from '../../../src/ingest/outcome.ts'
import { objectOf } from '../field-values.ts'
import type { OtlpItem, OtlpSurroundings } from './item.ts'

/** A span or log record as it stands in a request, with what it stands under. */
export interface OtlpFound extends OtlpSurroundings {
  readonly signal: OtlpItem['signal']
  readonly value: JsonObject
}

type Others = OtlpSurroundings['others'][number]

interface Level {
  readonly signal: OtlpItem['signal']
  readonly resources: 'resourceSpans' | 'resourceLogs'
  readonly scopes: 'scopeSpans' | 'scopeLogs'
  readonly items: 'spans' | 'logRecords'
}

const levels: readonly Level[] = [
  { signal: 'span', resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' },
  { signal: 'log', resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' },
]

/** Every span and log record of an export request, in its order. */
export const listItems = (request: JsonObject): Outcome<readonly OtlpFound[]> => {
  const found: OtlpFound[] = []
  const present = levels.filter(({ resources }) => resources in request)
  for (const level of present) {
    const above = { prefix: 'otlp.', members: request, without: ['resourceSpans', 'resourceLogs'] }
    for (const [at, resource] of membersOf(request, level.resources)) {
      const problem = resource === undefined ? '' : listScopes(resource, { level, above, found })
      if (problem !== undefined) return rejected(`${at}${problem}: write an object`)
    }
  }
  return present.length === 0 ? ignored('metrics') : ok(found)
}

/** Adds the items of a resource to `found`; where something is no object, its place is returned. */
const listScopes = (
  resource: JsonObject,
  { level, above, found }: { readonly level: Level; readonly above: Others; readonly found: OtlpFound[] },
): string | undefined => {
  const { resources, scopes, items, signal } = level
  const beside = { prefix: `${resources}.`, members: resource, without: ['resource', scopes] }
  for (const [at, scope] of membersOf(resource, scopes)) {
    if (scope === undefined) return `.${at}`
    const others = [above, beside, { prefix: `${scopes}.`, members: scope, without: ['scope', items] }]
    for (const [itemAt, value] of membersOf(scope, items)) {
      if (value === undefined) return `.${at}.${itemAt}`
      found.push({ signal, value, resource: resource['resource'], scope: scope['scope'], others })
    }
  }
  return undefined
}

/** The members of a list, each with its place; the list itself where it is none; nothing where nothing is. */
const membersOf = (parent: JsonObject, list: string): readonly (readonly [string, JsonObject | undefined])[] => {
  const members = parent[list]
  if (members === undefined || members === null) return []
  if (!Array.isArray(members)) return [[list, undefined]]
  return members.map((member, index) => [`${list}.${index}`, objectOf(member)])
}
