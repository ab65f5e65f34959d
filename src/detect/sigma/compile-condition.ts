import type { Condition, Position, ValueTest } from './ast.ts'
import { compileNumber } from './compile-number.ts'
import { compileCidr, compileRegex } from './compile-pattern.ts'
import { compileText } from './compile-text.ts'
import { fold } from './glob.ts'

/** The value of one field; `undefined` if the event has no such field, a list if it has several values. */
export type FieldValue = string | number | boolean | null | undefined | readonly string[]

/** How the fields of one kind of event are read. */
export interface EventFields<E> {
  /** A reader for a field by its name in rules; null if there is no such field. */
  readonly reader: (name: string) => ((event: E) => FieldValue) | null
  /** Every text of an event, for keywords. */
  readonly texts: (event: E) => Iterable<string>
  /** Whether `''` stands for unknown, as in a stored call, or is a value of its own. */
  readonly isEmptyUnknown: boolean
}

export type Predicate<E> = (event: E) => boolean

/** Compiles a condition to closures. A field that events do not have is unknown everywhere. */
export const compileCondition = <E>(condition: Condition, fields: EventFields<E>): Predicate<E> => {
  switch (condition.kind) {
    case 'and': {
      const all = condition.of.map((part) => compileCondition(part, fields))
      return (event) => all.every((test) => test(event))
    }
    case 'or': {
      const any = condition.of.map((part) => compileCondition(part, fields))
      return (event) => any.some((test) => test(event))
    }
    case 'not': {
      const test = compileCondition(condition.of, fields)
      return (event) => !test(event)
    }
    case 'field':
      return compileField(condition.field, condition.test, fields)
    case 'keyword': {
      const test = compileTest(condition.test, fields.isEmptyUnknown)
      return (event) => {
        for (const text of fields.texts(event)) if (test(text)) return true
        return false
      }
    }
  }
}

const compileField = <E>(name: string, test: ValueTest, fields: EventFields<E>): Predicate<E> => {
  const read = fields.reader(name) ?? unknownField
  if (test.kind === 'fieldref') {
    const other = fields.reader(test.field) ?? unknownField
    return (event) => comparePair(read(event), other(event), test)
  }
  const passes = compileTest(test, fields.isEmptyUnknown)
  return (event) => passes(read(event))
}

const unknownField = (): FieldValue => undefined

/** Compiles what is asked of one value. Of several values one must pass. */
export const compileTest = (
  test: Exclude<ValueTest, { readonly kind: 'fieldref' }>,
  isEmptyUnknown: boolean,
): ((value: FieldValue) => boolean) => {
  if (test.kind === 'empty') return (value) => isUnknown(value, isEmptyUnknown)
  if (test.kind === 'exists') {
    const isKnown = isEmptyUnknown
      ? (value: FieldValue) => !isUnknown(value, true)
      : (value: FieldValue) => value !== undefined
    return (value) => isKnown(value) === test.isPresent
  }
  const one = compileOne(test)
  return (value) => {
    if (value === undefined || value === null) return false
    return typeof value === 'object' ? value.some(one) : one(value)
  }
}

type Scalar = string | number | boolean

const compileOne = (
  test: Exclude<ValueTest, { readonly kind: 'fieldref' | 'empty' | 'exists' }>,
): ((value: Scalar) => boolean) => {
  switch (test.kind) {
    case 'text':
      return ofText(compileText(test))
    case 'regex':
      return ofText(compileRegex(test))
    case 'cidr':
      return ofText(compileCidr(test))
    case 'number':
      return compileNumber(test)
  }
}

const ofText =
  (test: (text: string) => boolean) =>
  (value: Scalar): boolean =>
    test(typeof value === 'string' ? value : String(value))

const isUnknown = (value: FieldValue, isEmptyUnknown: boolean): boolean =>
  value === undefined ||
  value === null ||
  (isEmptyUnknown && (value === '' || (typeof value === 'object' && value.length === 0)))

const comparePair = (
  left: FieldValue,
  right: FieldValue,
  { position, isCased }: { readonly position: Position; readonly isCased: boolean },
): boolean => {
  // What is unknown equals nothing, not even another unknown.
  if (left === undefined || left === null || right === undefined || right === null) return false
  const [text, part] = [String(left), String(right)].map((value) => (isCased ? value : fold(value))) as [string, string]
  if (text === '' || part === '') return false
  return comparisons[position](text, part)
}

const comparisons: Readonly<Record<Position, (text: string, part: string) => boolean>> = {
  equals: (text, part) => text === part,
  startswith: (text, part) => text.startsWith(part),
  endswith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
}
