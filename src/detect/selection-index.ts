import type { CallFact } from './call-fact.ts'
import { callFieldOf } from './call-fields.ts'
import type { Selection } from './rule-node.ts'
import type { Condition } from './sigma/ast.ts'
import {
  compileCondition,
  compileTest,
  type EventFields,
  type FieldValue,
  type Predicate,
} from './sigma/compile-condition.ts'

/** Values remembered for a field; when it is full the memory starts anew. It changes cost, never results. */
const valuesMax = 4_096

/** Of a field with a value for nearly every call, so few selections are tested one by one: nothing would be remembered. */
const testedMax = 8

/** The inputs that a call matches. */
export type Targets = Selection['targets']

interface Compiled {
  readonly matches: Predicate<CallFact>
  readonly targets: Targets
}

/** A test of one field that a call must pass to be selected. */
interface Anchor {
  readonly field: string
  readonly passes: (value: FieldValue) => boolean
  /** How few calls pass, as far as can be told; more is better. */
  readonly worth: number
}

interface FieldIndex {
  readonly isMostlyNew: boolean
  readonly read: (call: CallFact) => FieldValue
  /** The same without what a value must be like. */
  readonly all: Compiled[]
  readonly anchored: { readonly passes: Anchor['passes']; readonly compiled: Compiled }[]
  readonly byValue: Map<string, readonly Compiled[]>
}

/**
 * Selections by a field that they test. Which of them a value can be met by is worked out once for each value, so a call
 * costs as much as the selections that its tool, server or decision can match, however many there are.
 */
export class SelectionIndex {
  readonly #fields = new Map<string, FieldIndex>()
  readonly #unanchored: Compiled[] = []

  constructor(selections: readonly Selection[], fields: EventFields<CallFact>) {
    for (const { condition, targets } of selections) {
      const compiled = { matches: compileCondition(condition, fields), targets }
      const anchor = anchorOf(condition, fields)
      if (anchor === null) this.#unanchored.push(compiled)
      else {
        const index = this.#indexOf(anchor.field, fields)
        index.anchored.push({ passes: anchor.passes, compiled })
        index.all.push(compiled)
      }
    }
  }

  /** Calls `found` with the inputs of every selection that a call matches. */
  match(call: CallFact, found: (targets: Targets) => void): void {
    for (const index of this.#fields.values()) {
      for (const { matches, targets } of candidates(index, call)) if (matches(call)) found(targets)
    }
    for (const { matches, targets } of this.#unanchored) if (matches(call)) found(targets)
  }

  #indexOf(field: string, fields: EventFields<CallFact>): FieldIndex {
    const known = this.#fields.get(field)
    if (known !== undefined) return known
    const index: FieldIndex = {
      isMostlyNew: callFieldOf(field)?.spread === 'many',
      read: fields.reader(field) ?? (() => ''),
      all: [],
      anchored: [],
      byValue: new Map(),
    }
    this.#fields.set(field, index)
    return index
  }
}

const candidates = (index: FieldIndex, call: CallFact): readonly Compiled[] => {
  if (index.isMostlyNew && index.anchored.length <= testedMax) return index.all
  const value = index.read(call)
  const key =
    typeof value === 'string' ? value : typeof value === 'object' ? `\u0001${value?.join('\u0001')}` : `${value}`
  const known = index.byValue.get(key)
  if (known !== undefined) return known
  const passing = index.anchored.filter(({ passes }) => passes(value)).map(({ compiled }) => compiled)
  if (index.byValue.size >= valuesMax) index.byValue.clear()
  index.byValue.set(key, passing)
  return passing
}

/** What most calls are: a test that lets these pass leaves most calls over. */
const usual: ReadonlySet<string> = new Set([
  'allow',
  'explicit',
  'tools/call',
  'success',
  'proxy',
  'gateway',
  'pomerium',
])
const worthOfSpread = { some: 3, few: 2, many: 1 } as const

const anchorOf = (condition: Condition, fields: EventFields<CallFact>): Anchor | null => {
  switch (condition.kind) {
    case 'field':
      return fieldAnchor(condition, fields)
    case 'and': {
      let best: Anchor | null = null
      for (const part of condition.of) {
        const anchor = anchorOf(part, fields)
        if (anchor !== null && anchor.worth > (best?.worth ?? 0)) best = anchor
      }
      return best
    }
    case 'or':
      return anyAnchor(condition.of, fields)
    default:
      return null
  }
}

const fieldAnchor = (
  { field, test }: Extract<Condition, { readonly kind: 'field' }>,
  fields: EventFields<CallFact>,
): Anchor | null => {
  const known = callFieldOf(field)
  // Fields that calls do not have are of other events, about which nothing is known.
  if (known === undefined || test.kind === 'fieldref') return null
  const passes = compileTest(test, fields.isEmptyUnknown)
  if (passes('') || passes(undefined)) return null
  const lets = [...usual].filter((value) => passes(value) || passes([value])).length
  return { field, passes, worth: worthOfSpread[known.spread] - (lets > 0 ? 1.5 : 0) }
}

/** Alternatives have an anchor together if all of them are about one field. */
const anyAnchor = (of: readonly Condition[], fields: EventFields<CallFact>): Anchor | null => {
  const anchors = of.map((part) => anchorOf(part, fields))
  const [first] = anchors
  if (first === undefined || first === null || anchors.some((anchor) => anchor?.field !== first.field)) return null
  return {
    field: first.field,
    passes: (value) => anchors.some((anchor) => anchor?.passes(value)),
    worth: Math.min(...anchors.map((anchor) => anchor?.worth ?? 0)),
  }
}
