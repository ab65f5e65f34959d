/**
 * A detection as a tree in which every name is resolved: what is compiled to closures, and can be compiled to SQL. It
 * says nothing about where fields are read from.
 */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'field'; readonly field: string; readonly test: ValueTest }
  /** Any text of the event passes. */
  | { readonly kind: 'keyword'; readonly test: TextTest | RegexTest }

/** A literal, any number of characters (`*`), one (`?`), or one of the dashes that `windash` makes equal. */
export type GlobPart = string | { readonly wildcard: '*' | '?' | 'dash' }

/** Text against a pattern; ASCII letters are equal in either case unless `isCased`. */
export interface TextTest {
  readonly kind: 'text'
  readonly parts: readonly GlobPart[]
  readonly isCased: boolean
}

/** RE2 syntax, found anywhere in the text. */
export interface RegexTest {
  readonly kind: 'regex'
  readonly pattern: string
  /** Of `i`, `m` and `s`. */
  readonly flags: string
}

export type NumberOperator = 'eq' | 'gt' | 'gte' | 'lt' | 'lte'
export type TimePart = 'minute' | 'hour' | 'day' | 'week' | 'month' | 'year'
export type Position = 'equals' | 'startswith' | 'endswith' | 'contains'

/** What one field's value is tested for. */
export type ValueTest =
  | TextTest
  | RegexTest
  /** The number, or with `part` that part of the time in UTC. */
  | {
      readonly kind: 'number'
      readonly operator: NumberOperator
      readonly value: number
      readonly part: TimePart | null
    }
  /** Null or unknown. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'exists'; readonly isPresent: boolean }
  | { readonly kind: 'cidr'; readonly address: string; readonly bits: number; readonly family: 'ipv4' | 'ipv6' }
  /** Another field of the same event. */
  | { readonly kind: 'fieldref'; readonly field: string; readonly position: Position; readonly isCased: boolean }

export const and = (of: readonly Condition[]): Condition => joined('and', of)
export const or = (of: readonly Condition[]): Condition => joined('or', of)
export const not = (of: Condition): Condition => ({ kind: 'not', of })

const joined = (kind: 'and' | 'or', of: readonly Condition[]): Condition => {
  const [only] = of
  return of.length === 1 && only !== undefined ? only : { kind, of }
}

/** Every field that a condition reads. */
export const fieldsOf = (condition: Condition): readonly string[] => {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.of.flatMap(fieldsOf)
    case 'not':
      return fieldsOf(condition.of)
    case 'field':
      return condition.test.kind === 'fieldref' ? [condition.field, condition.test.field] : [condition.field]
    case 'keyword':
      return []
  }
}
