import { z } from 'zod'
import type { PageRequest, TimeRange } from './read-model.ts'
import { searchKinds } from './search/search-node.ts'

const text = (description: string) =>
  z
    .string({ error: 'give it once, as text' })
    .min(1, 'give a value or leave it out')
    .max(1024, 'too long')
    .meta({ description })

const optional = (description: string) => text(description).optional()

const oneOf = <const T extends readonly string[]>(values: T, description: string) =>
  z
    .enum(values, { error: `use one of ${values.join(', ')}` })
    .optional()
    .meta({ description })

const whole = (min: number, max: number) =>
  z
    .string({ error: 'give it once' })
    .refine((value) => /^\d{1,9}$/.test(value) && Number(value) >= min && Number(value) <= max, {
      error: `use a whole number from ${min} to ${max}`,
    })
    .transform(Number)

const instant = (description: string) =>
  z.iso
    .datetime({ offset: true, error: 'use an RFC 3339 time such as 2026-05-01T12:00:00Z' })
    .optional()
    .meta({ description })

const decisions = ['allow', 'deny', 'modify', 'escalate', 'indeterminate', 'not_evaluated'] as const
/** What people may think of a finding. */
export const triageStatuses = ['open', 'acknowledged', 'truePositive', 'falsePositive'] as const
const realm = text('The realm').prefault('default')

const page = {
  realm,
  limit: whole(1, 1000).prefault('100').meta({ description: 'How many items, at most 1000' }),
  cursor: optional('nextCursor of the page before'),
}
const range = {
  from: instant('Only from this time on; the last 30 days if absent'),
  to: instant('Only before this time; now if absent'),
}

export const noParams = z.strictObject({})
export const idParams = z.strictObject({ id: text('The id, or an alias of it') })
export const noQuery = z.strictObject({})
export const realmQuery = z.strictObject({ realm })
export const pageQuery = z.strictObject(page)

const isOrdered = (query: { readonly from?: string | undefined; readonly to?: string | undefined }): boolean =>
  query.from === undefined || query.to === undefined || Date.parse(query.from) < Date.parse(query.to)
const ordered = { error: 'must be later than from', path: ['to'] }

export const rangeBody = z.strictObject(range).refine(isOrdered, ordered)

export const sessionsQuery = z
  .strictObject({
    ...page,
    ...range,
    agent: optional('Agent id or name'),
    user: optional('User id or email'),
    status: oneOf(['active', 'ended', 'flagged', 'revoking', 'unconfirmed', 'revoked'], 'State of the session'),
    minRisk: whole(0, 1_000_000).optional().meta({ description: 'Only sessions with at least this risk' }),
    tool: optional('A tool that the session used'),
    server: optional('A server that the session used'),
    decision: oneOf(decisions, 'Sessions with at least one call so decided'),
    explicitId: optional('The session id that client or gateway stated'),
  })
  .refine(isOrdered, ordered)

export const callsQuery = z
  .strictObject({
    ...page,
    ...range,
    session: optional('Session id'),
    agent: optional('Agent id or name'),
    user: optional('User id or email'),
    tool: optional('Bare tool name'),
    server: optional('MCP server'),
    decision: oneOf(decisions, 'The decision of the call'),
  })
  .refine(isOrdered, ordered)

const eventKind = oneOf(
  ['decision', 'access', 'request', 'span', 'auth', 'parse_failure', 'web', 'admin', 'workflow'],
  'Kind of event',
)

export const eventsQuery = z
  .strictObject({
    ...page,
    ...range,
    kind: eventKind,
    call: optional('Only events of this call'),
  })
  .refine(isOrdered, ordered)

const findingFilter = {
  rule: optional('Rule id'),
  severity: oneOf(['info', 'low', 'medium', 'high', 'critical'], 'Severity'),
  state: oneOf(['provisional', 'final', 'withdrawn'], 'State of the finding'),
  status: oneOf(triageStatuses, 'Triage status'),
  incident: optional('Incident id'),
  session: optional('Session id'),
  agent: optional('Agent id or name'),
  shadow: oneOf(['true', 'false'], 'Findings of rules in shadow only, or none of them'),
}

export const findingsQuery = z.strictObject({ ...page, ...range, ...findingFilter }).refine(isOrdered, ordered)

const format = z
  .enum(['ndjson', 'csv', 'ocsf'], { error: 'use one of ndjson, csv, ocsf' })
  .prefault('ndjson')
  .meta({ description: 'ocsf is NDJSON of the Open Cybersecurity Schema Framework' })

export const findingsExportQuery = z
  .strictObject({ realm, format, ...range, ...findingFilter })
  .refine(isOrdered, ordered)

export const eventsExportQuery = z.strictObject({ realm, format, ...range, kind: eventKind }).refine(isOrdered, ordered)

export const actionsQuery = z.strictObject({
  ...page,
  finding: optional('Finding id'),
  incident: optional('Incident id'),
  target: optional('What it acts on: session:<id>'),
})

export const searchQuery = z
  .strictObject({
    ...page,
    ...range,
    q: text('field:value, quotes, wildcards, ranges, AND, OR, NOT and brackets; a word alone may be anywhere'),
    kind: oneOf(searchKinds, 'Only things of this kind'),
  })
  .refine(isOrdered, ordered)

export const inventoryQuery = z
  .strictObject({
    ...page,
    ...range,
    agent: optional('Only as calls of this agent (id or name) show it'),
    user: optional('Only as calls for this user (id or email) show it'),
    tool: optional('Only as calls of this tool show it'),
    server: optional('Only as calls to this server show it'),
  })
  .refine(isOrdered, ordered)

export const replayBody = z
  .strictObject({
    ...range,
    ids: z.array(text('A record id'), { error: 'use a list of record ids' }).max(1000, 'at most 1000').optional(),
    format: optional('How to read them, a format or auto; as before if absent'),
  })
  .refine(isOrdered, ordered)

export const auditQuery = z
  .strictObject({
    ...page,
    ...range,
    by: optional('Who asked'),
    type: oneOf(
      ['read', 'triage', 'flag', 'revoke', 'restore', 'pause', 'resume', 'legalHold', 'legalRelease'],
      'What was asked for',
    ),
    target: optional('What it was about: session:<id>, finding:<id>, of a read the id'),
  })
  .refine(isOrdered, ordered)

export const deadLettersQuery = z.strictObject({ ...page, ...range }).refine(isOrdered, ordered)

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** Splits a checked query into what `ReadModel` takes: the page, and the filter without what was not asked for. */
export const splitQuery = <
  Q extends {
    readonly realm: string
    readonly limit: number
    readonly cursor?: string | undefined
    readonly from?: string | undefined
    readonly to?: string | undefined
  },
>(
  query: Q,
): {
  readonly page: PageRequest
  readonly filter: TimeRange & Present<Omit<Q, 'realm' | 'limit' | 'cursor' | 'from' | 'to'>>
} => {
  const { realm: _realm, limit, cursor, from, to, ...rest } = query
  return {
    page: { limit, cursor: cursor ?? null },
    filter: { from: from ?? '', to: to ?? '', ...present(rest) },
  }
}

const present = <T extends object>(values: T): Present<T> => {
  const kept: Present<T> = { ...values } as Present<T>
  for (const key of Object.keys(kept) as (keyof T)[]) if (kept[key] === undefined) delete kept[key]
  return kept
}
