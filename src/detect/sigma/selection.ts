import { didYouMean } from '../../did-you-mean.ts'
import { and, type Condition, not, or, type ValueTest } from './ast.ts'
import { gatherModifiers, type Modifiers, misuseOf, modifierNames } from './modifiers.ts'
import type { Path, Report } from './report.ts'
import { testsOf } from './value-tests.ts'

export interface SelectionContext {
  readonly report: Report
  /** Values of `%name%` for the modifier `expand`. */
  readonly placeholders: ReadonlyMap<string, readonly string[]>
}

/** One search identifier's value – a map, a list of maps or keywords, or a keyword – as a condition. */
export const parseSelection = (value: unknown, path: Path, context: SelectionContext): Condition => {
  if (Array.isArray(value)) {
    if (value.length === 0) context.report(path, 'an empty list matches nothing; give it a value')
    return or(value.map((item: unknown, at) => parseSelection(item, [...path, at], context)))
  }
  if (isMap(value)) {
    const items = Object.entries(value)
    if (items.length === 0) context.report(path, 'an empty map tests nothing; name a field')
    return and(items.map(([key, item]) => parseItem(key, item, { path: [...path, key], context })))
  }
  return keywords([value], gatherModifiers([]), { path, context })
}

interface Place {
  readonly path: Path
  readonly context: SelectionContext
}

const parseItem = (key: string, value: unknown, place: Place): Condition => {
  const [field = '', ...names] = key.split('|').map((part) => part.trim())
  const { report } = place.context
  for (const name of names) {
    if (modifierNames.includes(name)) continue
    const near = didYouMean(name, modifierNames)
    report(
      place.path,
      `there is no modifier "${name}"; ${near === null ? 'see docs/rules.md' : `did you mean ${near}?`}`,
    )
    return never
  }
  const misuse = misuseOf(names)
  if (misuse !== null) report(place.path, misuse)
  const modifiers = gatherModifiers(names)
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (values.length === 0) report(place.path, 'an empty list matches nothing; give it a value')
  if (modifiers.isAll && values.length < 2) report(place.path, '"all" needs a list of two values or more; leave it out')
  return field === '' ? keywords(values, modifiers, place) : fieldTests(field, values, { ...place, modifiers })
}

const fieldTests = (
  field: string,
  values: readonly unknown[],
  { path, context, modifiers }: Place & { readonly modifiers: Modifiers },
): Condition => {
  const conditions = values.map((value, at) =>
    or(
      testsOf(value, modifiers, { path: Array.isArray(value) ? [...path, at] : path, context }).map(
        (test: ValueTest): Condition => ({ kind: 'field', field, test }),
      ),
    ),
  )
  const joined = modifiers.isAll ? and(conditions) : or(conditions)
  return modifiers.isNegated ? not(joined) : joined
}

/** Values without a field are looked for anywhere in the event's texts. */
const keywords = (values: readonly unknown[], modifiers: Modifiers, { path, context }: Place): Condition => {
  const conditions = values.map((value, at): Condition => {
    if (isMap(value)) return parseSelection(value, [...path, at], context)
    const anywhere: Modifiers = { ...modifiers, position: 'contains' }
    // A number is looked for as text too: there is no field whose value it could equal.
    const tests = testsOf(typeof value === 'number' ? String(value) : value, anywhere, { path, context })
    return or(
      tests.map((test): Condition => {
        if (test.kind === 'text' || test.kind === 'regex') return { kind: 'keyword', test }
        context.report(path, 'a keyword must be text or a regular expression; name a field for anything else')
        return never
      }),
    )
  })
  const joined = modifiers.isAll ? and(conditions) : or(conditions)
  return modifiers.isNegated ? not(joined) : joined
}

/** Stands for what was reported as wrong, so that the rest is checked too. */
const never: Condition = { kind: 'or', of: [] }

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
