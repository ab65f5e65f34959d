import { measuredText } from './evaluate/measured.ts'
import { type Hit, valueText } from './hit.ts'
import type { Match } from './match.ts'
import { timespanParts } from './parse-timespan.ts'
import type { Explanation } from './rows.ts'
import type { Bound, Rule } from './rule.ts'
import { fillSentence, sentenceFields } from './sentence.ts'

/** What a finding says of a match: thresholds, observed values, and one sentence a person can read. */
export const describeMatch = (rule: Rule, { hits, completing, value }: Match): Explanation => {
  const { count, unit } = timespanParts(rule.correlation.timespanUs)
  const measured = measuredText(value)
  const named = sentenceFields(rule.sentence).map((field) => [field, namesIn(hits, field)] as const)
  const texts = new Map(named)
  return {
    text: fillSentence(
      rule.sentence,
      {
        who: whoOf(completing),
        title: rule.title,
        count: measured,
        timespan: count === 1 ? `1 ${unit}` : `${count} ${unit}`,
      },
      (field) => listText(texts.get(field) ?? []),
    ),
    thresholds: { ...thresholdsOf(rule), [unit]: count },
    observed: {
      [rule.measure]: typeof value === 'number' ? value : measured,
      ...Object.fromEntries(named.map(([field, names]) => [`${field}s`, names.slice(0, namesKeptMax).join(', ')])),
    },
  }
}

const whoOf = (hit: Hit): string => {
  const agent = hit.agentName || hit.agentId || hit.clientName || 'An unidentified agent'
  const principal = hit.userEmail || hit.userId
  return principal === '' ? agent : `${agent} for ${principal}`
}

/** More names than this make no sentence, and none more than that an explanation. */
const namesReadMax = 4
const namesKeptMax = 50

const namesIn = (hits: readonly Hit[], field: string): readonly string[] =>
  [...new Set(hits.flatMap((hit) => partsOf(hit, field)))].filter((name) => name !== '').sort()

const partsOf = (hit: Hit, field: string): readonly string[] => {
  const value = hit.fields[field]
  return typeof value === 'object' && value !== null ? value : [valueText(value)]
}

const listText = (names: readonly string[]): string => {
  const rest = names.length - namesReadMax
  return `${names.slice(0, namesReadMax).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}

const thresholdsOf = ({ correlation: { logic, inputs }, measure }: Rule): Readonly<Record<string, number | string>> => {
  switch (logic.kind) {
    case 'together':
    case 'ordered':
    case 'absence':
      return {
        rules: inputs
          .filter((input) => input.role === 'member')
          .map((input) => input.name)
          .join(', '),
      }
    case 'newValue':
      return { lookback: timespanText(logic.lookbackUs), known: timespanText(logic.warmUpUs) }
    case 'baseline':
      return {
        ...boundTexts(logic.bounds, measure),
        deviations: logic.deviations,
        lookback: timespanText(logic.lookbackUs),
      }
    default:
      return boundTexts(logic.bounds, measure)
  }
}

/** One lower bound is told by its number alone: `denies: 10`. */
const boundTexts = (bounds: readonly Bound[], measure: string): Readonly<Record<string, number | string>> => {
  const [only] = bounds
  if (only === undefined) return {}
  if (bounds.length === 1 && only.operator === 'gte') return { [measure]: only.value }
  return { [measure]: bounds.map(({ operator, value }) => `${signs[operator]} ${value}`).join(' and ') }
}

const signs = { gt: '>', gte: '≥', lt: '<', lte: '≤', eq: '=' } as const

const timespanText = (us: number): string => {
  const { count, unit } = timespanParts(us)
  return `${count} ${unit}`
}
