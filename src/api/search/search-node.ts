/** A parsed search, as `src/store` compiles it. */
export type SearchNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly SearchNode[] }
  | { readonly kind: 'not'; readonly node: SearchNode }
  | { readonly kind: 'term'; readonly field: SearchField | 'any'; readonly test: SearchTest }

export type SearchTest =
  | { readonly op: 'is'; readonly text: string }
  /** A pattern as SQL's LIKE has it, whatever the case of letters. */
  | { readonly op: 'like'; readonly pattern: string }
  /** Numbers; times in microseconds since 1970. null = without end. */
  | { readonly op: 'range'; readonly from: SearchBound | null; readonly to: SearchBound | null }

export interface SearchBound {
  readonly value: number
  readonly isIncluded: boolean
}

/** What a field holds: `id` is compared as it is, `text` whatever the case of letters. */
export type SearchFieldType = 'id' | 'text' | 'number' | 'time' | 'flag' | 'kind'

/** Every field that may be asked for; not every kind of thing has each. */
export const searchFields = {
  kind: 'kind',
  id: 'id',
  time: 'time',
  agent: 'text',
  user: 'text',
  client: 'text',
  address: 'text',
  server: 'text',
  tool: 'text',
  method: 'text',
  resource: 'text',
  decision: 'text',
  basis: 'text',
  outcome: 'text',
  reason: 'text',
  error: 'text',
  disagreement: 'text',
  httpStatus: 'number',
  durationMs: 'number',
  session: 'id',
  call: 'id',
  finding: 'id',
  incident: 'id',
  request: 'id',
  trace: 'id',
  rule: 'text',
  title: 'text',
  severity: 'text',
  state: 'text',
  status: 'text',
  note: 'text',
  shadow: 'flag',
  risk: 'number',
  calls: 'number',
  denies: 'number',
  confidence: 'number',
} as const satisfies Readonly<Record<string, SearchFieldType>>

export type SearchField = keyof typeof searchFields

export const searchKinds = ['call', 'session', 'finding'] as const

export type SearchKind = (typeof searchKinds)[number]
