import { checkField } from './detection-condition.ts'
import type { CorrelationDocument } from './document-schema.ts'
import { parseTimespan } from './parse-timespan.ts'
import type { Bound, Correlation, GroupField, Input, Logic } from './rule.ts'
import type { CorrelationSource } from './rule-documents.ts'
import type { Condition, NumberOperator } from './sigma/ast.ts'
import { parseExpression } from './sigma/condition-expression.ts'
import type { Report } from './sigma/report.ts'

type Section = CorrelationDocument['correlation']
type ConditionMap = Exclude<Section['condition'], string | undefined>

/** Inputs are told apart by a bit each. */
const inputsMax = 30

export interface CorrelationContext {
  readonly name: string
  /** What a referenced rule stands for; null if there is none, which was reported. */
  readonly resolve: (name: string) => Input['source'] | null
  /** Rules that only raise the severity. */
  readonly asides: readonly string[]
  /** Fields are only checked where the events are calls. */
  readonly isAboutCalls: boolean
}

/** Reads a correlation document whose rules are resolved by the context. */
export const parseCorrelation = (
  { document, report }: Pick<CorrelationSource, 'document' | 'report'>,
  context: CorrelationContext,
): Correlation => {
  const section = document.correlation
  const members = listOf(section.rules)
  const input = (role: Input['role'], name: string): readonly Input[] => {
    const source = context.resolve(name)
    return source === null ? [] : [{ name, role, source }]
  }
  const known = new Set([...members, ...(section.between?.without ?? [])])
  const inputs = [
    ...members.flatMap((name) => input('member', name)),
    ...(section.between?.without ?? []).flatMap((name) => input('breaker', name)),
    ...context.asides.filter((name) => !known.has(name)).flatMap((name) => input('aside', name)),
  ]
  if (inputs.length > inputsMax) report(['correlation', 'rules'], `at most ${inputsMax} rules; chain correlations`)
  if (section.between !== undefined && section.type !== 'temporal_ordered') {
    report(['correlation', 'between'], 'only temporal_ordered has something between its rules')
  }
  const logic = parseLogic(section, report)
  if (context.isAboutCalls) {
    for (const field of valueFields(section)) checkField(field, ['correlation', 'condition'], report)
  }
  return {
    name: context.name,
    inputs,
    groupBy: groupFields(section, inputs, { report, isAboutCalls: context.isAboutCalls }),
    timespanUs: parseTimespan(section.timespan),
    logic,
  }
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value

const conditionMap = ({ condition }: Section): ConditionMap | null => (typeof condition === 'object' ? condition : null)

const valueFields = (section: Section): readonly string[] => listOf(conditionMap(section)?.field ?? section.field)

const parseLogic = (section: Section, report: Report): Logic => {
  const wrong = (message: string): void => report(['correlation', 'condition'], message)
  const map = conditionMap(section)
  const bounds = boundsOf(map)
  const fields = valueFields(section)
  const [field = ''] = fields
  const needsBounds = (): void => {
    if (bounds.length === 0) wrong('say how many: a map such as gte: 10')
  }
  const needsField = (): void => {
    if (fields.length === 0) wrong(`${section.type} needs field: in its condition`)
  }
  switch (section.type) {
    case 'event_count':
      needsBounds()
      return { kind: 'count', bounds }
    case 'value_count':
      needsBounds()
      needsField()
      return { kind: 'distinct', fields, bounds }
    case 'value_sum':
    case 'value_avg':
      needsBounds()
      needsField()
      return { kind: section.type === 'value_sum' ? 'sum' : 'average', field, bounds }
    case 'value_percentile':
      needsBounds()
      needsField()
      if (map?.percentile === undefined) wrong('value_percentile needs percentile:, such as 95')
      return { kind: 'percentile', field, percentile: map?.percentile ?? 100, bounds }
    case 'temporal':
      return bounds.length > 0 ? { kind: 'several', bounds } : { kind: 'together', condition: presence(section, wrong) }
    case 'temporal_ordered':
      if (listOf(section.rules).length < 2) report(['correlation', 'rules'], 'an order needs two rules or more')
      if (bounds.length > 0) wrong('temporal_ordered is met by all its rules in their order; leave the condition out')
      return { kind: 'ordered' }
    default:
      return ownLogic(section, { bounds, fields, report })
  }
}

/** The three types that Sigma lacks. */
const ownLogic = (
  section: Section,
  {
    bounds,
    fields,
    report,
  }: { readonly bounds: readonly Bound[]; readonly fields: readonly string[]; readonly report: Report },
): Logic => {
  const lookbackUs = parseTimespan(section.lookback ?? '30d')
  if (section.type === 'new_value') {
    if (fields.length === 0) report(['correlation'], 'new_value needs field:, the value that is new')
    return { kind: 'newValue', fields, lookbackUs, warmUpUs: parseTimespan(section['warm-up'] ?? '7d') }
  }
  if (section.type === 'baseline') {
    return {
      kind: 'baseline',
      fields,
      lookbackUs,
      bucketsMin: section['buckets-min'] ?? 24,
      deviations: section.deviations ?? 6,
      bounds,
    }
  }
  if (listOf(section.rules).length !== 2) {
    report(['correlation', 'rules'], 'absence names two rules: what happened, and what must follow it')
  }
  return { kind: 'absence' }
}

const operators: readonly NumberOperator[] = ['gt', 'gte', 'lt', 'lte', 'eq']

/** The bounds of a condition: each must hold. */
export const boundsOf = (map: Readonly<Partial<Record<NumberOperator, number | undefined>>> | null): readonly Bound[] =>
  operators.flatMap((operator) => {
    const value = map?.[operator]
    return value === undefined ? [] : [{ operator, value }]
  })

/** Which inputs must be there: all, or as a condition over their names says. */
const presence = (section: Section, wrong: (message: string) => void): Condition => {
  const names = listOf(section.rules)
  const searches = new Map(
    names.map((name): readonly [string, Condition] => [
      name,
      { kind: 'field', field: name, test: { kind: 'exists', isPresent: true } },
    ]),
  )
  const text = typeof section.condition === 'string' ? section.condition : names.join(' and ')
  return parseExpression({ text, searches, report: wrong }) ?? { kind: 'or', of: [] }
}

/** An agent and its principal, where a correlation does not say otherwise: what findings are about. */
const defaultGroup = ['agent', 'principal'] as const

const groupFields = (
  section: Section,
  inputs: readonly Input[],
  { report, isAboutCalls }: { readonly report: Report; readonly isAboutCalls: boolean },
): readonly GroupField[] => {
  const names = section['group-by'] === undefined ? defaultGroup : listOf(section['group-by'])
  return names.map((name) => {
    const alias = section.aliases?.[name]
    const fields = inputs.map((input) => alias?.[input.name] ?? name)
    if (isAboutCalls) for (const field of new Set(fields)) checkField(field, ['correlation', 'group-by'], report)
    return { fields, takesUnknown: (defaultGroup as readonly string[]).includes(name) }
  })
}
