import type { NumberOperator, Position, TimePart } from './ast.ts'

/** What a field's modifiers ask for, in the order in which they change its values. */
export interface Modifiers {
  readonly position: Position
  readonly encoders: readonly Encoder[]
  readonly isAll: boolean
  readonly isNegated: boolean
  readonly isCased: boolean
  readonly isExpanded: boolean
  readonly regexFlags: string | null
  readonly operator: NumberOperator | null
  readonly timePart: TimePart | null
  readonly kind: 'value' | 'regex' | 'cidr' | 'exists' | 'fieldref'
}

export type Encoder = 'windash' | 'base64' | 'base64offset' | 'utf16le' | 'utf16be' | 'utf16' | 'wide'

const encoders: ReadonlySet<string> = new Set([
  'windash',
  'base64',
  'base64offset',
  'utf16le',
  'utf16be',
  'utf16',
  'wide',
] satisfies Encoder[])
const positions: ReadonlySet<string> = new Set(['contains', 'startswith', 'endswith'] satisfies Position[])
const operators: ReadonlySet<string> = new Set(['gt', 'gte', 'lt', 'lte'] satisfies NumberOperator[])
const timeParts: ReadonlySet<string> = new Set(['minute', 'hour', 'day', 'week', 'month', 'year'] satisfies TimePart[])
const kinds = { re: 'regex', cidr: 'cidr', exists: 'exists', fieldref: 'fieldref' } as const

/** Every modifier of Sigma 2.1. */
export const modifierNames: readonly string[] = [
  'all',
  'cased',
  'neq',
  'expand',
  'i',
  'm',
  's',
  ...Object.keys(kinds),
  ...positions,
  ...encoders,
  ...operators,
  ...timeParts,
]

/** Gathers known modifiers. Names that go together with nothing else are checked by `misuseOf`. */
export const gatherModifiers = (names: readonly string[]): Modifiers => {
  const find = <T extends string>(set: ReadonlySet<string>): T | null =>
    (names.find((name) => set.has(name)) as T) ?? null
  const kind = names.find((name): name is keyof typeof kinds => name in kinds)
  return {
    position: find<Position>(positions) ?? 'equals',
    encoders: names.filter((name): name is Encoder => encoders.has(name)),
    isAll: names.includes('all'),
    isNegated: names.includes('neq'),
    isCased: names.includes('cased'),
    isExpanded: names.includes('expand'),
    regexFlags: kind === 're' ? ['i', 'm', 's'].filter((flag) => names.includes(flag)).join('') : null,
    operator: find<NumberOperator>(operators),
    timePart: find<TimePart>(timeParts),
    kind: kind === undefined ? 'value' : kinds[kind],
  }
}

/** Why these modifiers make no sense together; null if they do. */
export const misuseOf = (names: readonly string[]): string | null => {
  if (new Set(names).size !== names.length) return 'a modifier is given twice; leave one out'
  const count = (set: ReadonlySet<string>): number => names.filter((name) => set.has(name)).length
  return misuses.find(({ isMisuse }) => isMisuse(count))?.advice ?? null
}

type Count = (set: ReadonlySet<string>) => number

const kindNames: ReadonlySet<string> = new Set(Object.keys(kinds))
const regexName: ReadonlySet<string> = new Set(['re'])
const regexFlags: ReadonlySet<string> = new Set(['i', 'm', 's'])
const wholeValue: ReadonlySet<string> = new Set(['re', 'cidr', 'exists'])
const textChanges: ReadonlySet<string> = new Set([...encoders, ...positions])
const numeric: ReadonlySet<string> = new Set([...operators, ...timeParts])

const misuses: readonly { readonly isMisuse: (count: Count) => boolean; readonly advice: string }[] = [
  {
    isMisuse: (count) => count(kindNames) > 1,
    advice: 're, cidr, exists and fieldref exclude each other; use one a field',
  },
  {
    isMisuse: (count) => count(regexFlags) > 0 && count(regexName) === 0,
    advice: 'i, m and s are flags of re; write field|re|i',
  },
  {
    isMisuse: (count) => count(positions) > 1,
    advice: 'contains, startswith and endswith exclude each other; contains is all of them',
  },
  {
    isMisuse: (count) => count(operators) > 1 || count(timeParts) > 1,
    advice: 'one comparison a field; write the other as a second selection',
  },
  {
    isMisuse: (count) => count(wholeValue) > 0 && count(new Set([...textChanges, 'cased', 'expand'])) > 0,
    advice: 're, cidr and exists take the value as it is; leave the text modifiers out',
  },
  {
    isMisuse: (count) => count(numeric) > 0 && count(textChanges) > 0,
    advice: 'numbers and times are compared as such; leave the text modifiers out',
  },
]
