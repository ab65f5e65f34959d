import { didYouMean } from '../did-you-mean.ts'
import { callFieldNames, callFieldOf } from './call-fields.ts'
import type { DetectionSource, FilterSource, RuleDocuments } from './rule-documents.ts'
import { and, type Condition, fieldsOf, or } from './sigma/ast.ts'
import { parseExpression } from './sigma/condition-expression.ts'
import type { Path, Report } from './sigma/report.ts'
import { parseSelection } from './sigma/selection.ts'

/** What a detection document selects. */
export interface Detection {
  readonly condition: Condition
  /** Whether calls come from its logsource: a rule about something else is never met. */
  readonly isAboutCalls: boolean
}

/** Reads a detection with the filters that are meant for it. */
export const readDetection = (source: DetectionSource, documents: RuleDocuments): Detection => {
  const { document, report } = source
  const isAboutCalls = !documents.areFieldsFree && isOfCalls(document.logsource)
  const own = readSearches(document.detection, { key: 'detection', report, documents, isAboutCalls })
  const filters = documents.filters
    .filter((filter) => appliesTo(filter, source))
    .map((filter) => {
      const { rules: _rules, ...searches } = filter.document.filter
      return readSearches(searches, { key: 'filter', report: filter.report, documents, isAboutCalls })
    })
  const narrowing = isAboutCalls ? logsourceTests(document.logsource) : []
  return { condition: and([...narrowing, own, ...filters]), isAboutCalls }
}

type Logsource = DetectionSource['document']['logsource']

const categoriesOfCalls: ReadonlySet<string> = new Set(['agent_activity', 'agent', 'ai_agent', 'mcp', 'tool_call'])
const ownNames: ReadonlySet<string> = new Set(['agenttrail', 'mcp', 'mcp_server', 'ai_agent'])
const layerNames: ReadonlySet<string> = new Set(['proxy', 'gateway', 'server', 'trace'])

const isOfCalls = ({ category, product, service }: Logsource): boolean =>
  categoriesOfCalls.has(category ?? '') || ownNames.has(product ?? '') || ownNames.has(service ?? '')

/** A product or service that is a layer's narrows the calls to those that this layer saw. */
const logsourceTests = (logsource: Logsource): readonly Condition[] => {
  const { product = '', service = '' } = logsource
  return [
    ...(product === '' || ownNames.has(product) ? [] : [equals('layers.product', product)]),
    ...(layerNames.has(service) ? [equals('layers.layer', service)] : []),
  ]
}

const equals = (field: string, text: string): Condition => ({
  kind: 'field',
  field,
  test: { kind: 'text', parts: [text], isCased: false },
})

interface SearchContext {
  /** Where the searches are in their document. */
  readonly key: 'detection' | 'filter'
  readonly report: Report
  readonly documents: RuleDocuments
  readonly isAboutCalls: boolean
}

const readSearches = (searches: Readonly<Record<string, unknown>>, context: SearchContext): Condition => {
  const { key, report, documents, isAboutCalls } = context
  const named = new Map<string, Condition>()
  for (const [name, value] of Object.entries(searches)) {
    if (name === 'condition') continue
    const path: Path = [key, name]
    const condition = parseSelection(value, path, { report, placeholders: documents.placeholders })
    if (isAboutCalls) for (const field of fieldsOf(condition)) checkField(field, path, report)
    named.set(name, condition)
  }
  const conditions: readonly unknown[] = Array.isArray(searches['condition'])
    ? searches['condition']
    : [searches['condition']]
  return or(
    conditions.flatMap((text): readonly Condition[] => {
      const path: Path = [key, 'condition']
      if (typeof text !== 'string') {
        report(path, 'a condition is text, such as "selection and not filter"')
        return []
      }
      const parsed = parseExpression({ text, searches: named, report: (message) => report(path, message) })
      return parsed === null ? [] : [parsed]
    }),
  )
}

/** Reports a name that is no field of a call. */
export const checkField = (field: string, path: Path, report: Report): void => {
  if (callFieldOf(field) !== undefined) return
  const near = didYouMean(field, callFieldNames)
  report(path, `calls have no field "${field}"; ${near === null ? 'see docs/rules.md' : `did you mean ${near}?`}`)
}

const appliesTo = ({ document }: FilterSource, { document: rule }: DetectionSource): boolean => {
  const { category, product, service } = document.logsource
  const isSameSource =
    (category === undefined || category === rule.logsource.category) &&
    (product === undefined || product === rule.logsource.product) &&
    (service === undefined || service === rule.logsource.service)
  if (!isSameSource) return false
  const meant: unknown = document.filter['rules']
  const names: readonly unknown[] = Array.isArray(meant) ? meant : [meant]
  return names.some((name) => name === 'any' || name === 'all' || name === rule.name || name === rule.id)
}
