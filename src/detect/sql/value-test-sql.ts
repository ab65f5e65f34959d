import type { NumberOperator, Position, TimePart, ValueTest } from '../sigma/ast.ts'
import { type FieldSql, fieldSql, wholeTextSql } from './field-sql.ts'
import type { QueryParts } from './query-parts.ts'
import { regexSql, textTestSql } from './text-test-sql.ts'

type ScalarTest = Exclude<ValueTest, { readonly kind: 'fieldref' | 'empty' | 'exists' }>

/** What a rule asks of a field, as SQL that is 0 or 1 and never null. */
export const valueTestSql = (name: string, test: ValueTest, params: QueryParts): string => {
  const field = fieldSql(name)
  if (test.kind === 'empty') return isUnknown(field)
  if (test.kind === 'exists') return test.isPresent ? `(NOT ${isUnknown(field)})` : isUnknown(field)
  if (field === null) return '0'
  if (test.kind === 'fieldref') return fieldref(name, test, params)
  return scalarTest(field, test, params)
}

const isUnknown = (field: FieldSql | null): string => {
  if (field === null) return '1'
  return { text: `(${field.sql} = '')`, number: `isNull(${field.sql})`, list: `empty(${field.sql})` }[field.type]
}

/** Of several values one must pass. */
const scalarTest = (field: FieldSql, test: ScalarTest, params: QueryParts): string => {
  if (field.type === 'list') return `arrayExists(value -> ${ofText(test, params)('value')}, ${field.sql})`
  if (field.type === 'text') return ofText(test, params)(field.sql)
  const passes =
    test.kind === 'number'
      ? numberTest(test, numberOrTime(field.sql, test.part), params)
      : ofText(test, params)(`toString(${field.sql})`)
  return `ifNull(${passes}, 0)`
}

const ofText = (test: ScalarTest, params: QueryParts): ((text: string) => string) => {
  switch (test.kind) {
    case 'text':
      return textTestSql(test, params)
    case 'regex':
      return regexSql(test, params)
    case 'cidr':
      return cidrTest(test, params)
    case 'number':
      return (text) => `ifNull(${numberTest(test, textAsNumber(text, test.part), params)}, 0)`
  }
}

const cidrTest =
  ({ address, bits, family }: Extract<ValueTest, { readonly kind: 'cidr' }>, params: QueryParts) =>
  (text: string): string => {
    const [isOne, none] = family === 'ipv6' ? ['isIPv6String', '::'] : ['isIPv4String', '0.0.0.0']
    const network = params.text(`${address}/${bits}`)
    // What is no address would make the query fail, and both sides of an AND are computed.
    return `(${isOne}(${text}) AND isIPAddressInRange(if(${isOne}(${text}), toString(${text}), '${none}'), ${network}))`
  }

type NumberTest = Extract<ValueTest, { readonly kind: 'number' }>

const numberTest = ({ operator, value }: NumberTest, number: string, params: QueryParts): string =>
  `(${number} ${signs[operator]} ${params.of('Float64', value)})`

const signs: Readonly<Record<NumberOperator, string>> = { eq: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' }

const numberOrTime = (number: string, part: TimePart | null): string =>
  part === null ? number : `${timeParts[part]}(fromUnixTimestamp64Milli(toInt64(${number}), 'UTC'))`

const decimal = "'^\\\\s*[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?\\\\s*$'"

/** Text that is no number is null, and passes nothing. */
const textAsNumber = (text: string, part: TimePart | null): string =>
  part === null
    ? `if(match(${text}, ${decimal}), toFloat64OrNull(trimBoth(toString(${text}))), NULL)`
    : `${timeParts[part]}(parseDateTime64BestEffortOrNull(toString(${text}), 3, 'UTC'))`

const timeParts: Readonly<Record<TimePart, string>> = {
  minute: 'toMinute',
  hour: 'toHour',
  day: 'toDayOfMonth',
  week: 'toISOWeek',
  month: 'toMonth',
  year: 'toYear',
}

const fieldref = (
  name: string,
  test: Extract<ValueTest, { readonly kind: 'fieldref' }>,
  params: QueryParts,
): string => {
  if (fieldSql(test.field) === null) return '0'
  const [text, part] = [wholeTextSql(name), wholeTextSql(test.field)].map((sql) =>
    test.isCased ? sql : `lower(${sql})`,
  ) as [string, string]
  const nothing = params.text('')
  // What is unknown equals nothing, not even another unknown.
  return `(${text} != ${nothing} AND ${part} != ${nothing} AND ${comparisons[test.position](text, part)})`
}

const comparisons: Readonly<Record<Position, (text: string, part: string) => string>> = {
  equals: (text, part) => `${text} = ${part}`,
  startswith: (text, part) => `startsWith(${text}, ${part})`,
  endswith: (text, part) => `endsWith(${text}, ${part})`,
  contains: (text, part) => `position(${text}, ${part}) > 0`,
}
