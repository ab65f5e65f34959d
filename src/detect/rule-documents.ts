import type { z } from 'zod'
import { didYouMean } from '../did-you-mean.ts'
import {
  type CorrelationDocument,
  correlationSchema,
  type DetectionDocument,
  detectionSchema,
  type FilterDocument,
  filterSchema,
  ownKeys,
  placeholdersSchema,
} from './document-schema.ts'
import { type RuleDocument, type RuleFile, type RuleProblem, readDocuments } from './rule-file.ts'
import type { Path, Report } from './sigma/report.ts'
import { type ToolClassEntry, ToolClasses } from './tools/tool-classes.ts'

interface Source {
  readonly file: string
  /** Reports something at a place of the document. */
  readonly report: Report
}

export type DetectionSource = Source & { readonly kind: 'detection'; readonly document: DetectionDocument }
export type CorrelationSource = Source & { readonly kind: 'correlation'; readonly document: CorrelationDocument }
export type FilterSource = Source & { readonly kind: 'filter'; readonly document: FilterDocument }

/** The documents of a rule set by kind, each of the right shape. */
export interface RuleDocuments {
  /** Detections and correlations, in the order in which they were read. */
  readonly rules: readonly (DetectionSource | CorrelationSource)[]
  readonly filters: readonly FilterSource[]
  readonly tools: ToolClasses
  readonly placeholders: ReadonlyMap<string, readonly string[]>
  /** Whether a rule may name fields that calls do not have, whatever its log source. */
  readonly areFieldsFree: boolean
}

/** Reads every document of every file; what is wrong with its shape is added to `problems`. */
export const readRuleDocuments = (
  files: readonly RuleFile[],
  problems: RuleProblem[],
  areFieldsFree: boolean,
): RuleDocuments => {
  const rules: (DetectionSource | CorrelationSource)[] = []
  const filters: FilterSource[] = []
  const placeholders = new Map<string, readonly string[]>()
  const toolClasses: ToolClassEntry[] = []
  for (const document of files.flatMap((file) => readDocuments(file, problems))) {
    const report: Report = (path, message) =>
      void problems.push({ file: document.file, line: document.lineOf(path), message: named(path, message) })
    const source = { file: document.file, report }
    const read = readDocument(document, report)
    if (read === null) continue
    for (const [name, values] of Object.entries(read.document.agenttrail?.placeholders ?? {})) {
      placeholders.set(name, values)
    }
    toolClasses.push(...(read.document.agenttrail?.['tool-classes'] ?? []))
    if (read.kind === 'filter') filters.push({ ...source, ...read })
    else if (read.kind !== 'placeholders') rules.push(ruleSource(source, read))
  }
  return { rules, filters, placeholders, tools: new ToolClasses(toolClasses), areFieldsFree }
}

const ruleSource = (
  source: Source,
  read: Exclude<ReadDocument, { readonly kind: 'filter' | 'placeholders' }>,
): DetectionSource | CorrelationSource => (read.kind === 'detection' ? { ...source, ...read } : { ...source, ...read })

type ReadDocument =
  | Pick<DetectionSource, 'kind' | 'document'>
  | Pick<CorrelationSource, 'kind' | 'document'>
  | Pick<FilterSource, 'kind' | 'document'>
  | { readonly kind: 'placeholders'; readonly document: z.infer<typeof placeholdersSchema> }

const readDocument = ({ value }: RuleDocument, report: Report): ReadDocument | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    report([], 'a rule is a map that begins with title:')
    return null
  }
  const keys = Object.keys(value)
  const kind = kindOf(keys)
  if (kind === null) {
    const near = keys.map((key) => [key, didYouMean(key, kinds)] as const).find(([, meant]) => meant !== null)
    if (near === undefined) report([], 'there is no detection:, correlation: or filter: in this document; add one')
    else report([near[0]], `did you mean ${near[1]}?`)
    return null
  }
  const document = checked<unknown>(schemas[kind], value, report)
  return document === null ? null : ({ kind, document } as ReadDocument)
}

const kinds = ['detection', 'correlation', 'filter'] as const
const schemas = {
  detection: detectionSchema,
  correlation: correlationSchema,
  filter: filterSchema,
  placeholders: placeholdersSchema,
} as const

/** A document without logic may hold placeholders for the others. */
const kindOf = (keys: readonly string[]): keyof typeof schemas | null =>
  kinds.find((kind) => keys.includes(kind)) ?? (keys.includes('agenttrail') ? 'placeholders' : null)

const checked = <T>(schema: z.ZodType<T>, value: unknown, report: Report): T | null => {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  for (const issue of parsed.error.issues) reportIssue(issue, value, report)
  // What is left without the wrong parts is read on, so that one run tells everything that is wrong.
  const rest: Record<string, unknown> = { title: 'untitled', ...(value as Readonly<Record<string, unknown>>) }
  for (const { path } of parsed.error.issues) delete rest[String(path[0])]
  const salvaged = schema.safeParse({ title: 'untitled', ...rest })
  return salvaged.success ? salvaged.data : null
}

const reportIssue = (issue: z.core.$ZodIssue, value: unknown, report: Report): void => {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key))
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const near = didYouMean(key, ownKeys)
      report(
        [...path, key],
        `there is no such key here; ${near === null ? 'see docs/rules.md' : `did you mean ${near}?`}`,
      )
    }
    return
  }
  const isMissing = issue.code.startsWith('invalid') && valueAt(value, path) === undefined
  report(path, isMissing ? `it is missing; ${issue.message}` : issue.message)
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (inner as Readonly<Record<string, unknown>> | null | undefined)?.[key], value)

const named = (path: Path, message: string): string => (path.length === 0 ? message : `${path.join('.')}: ${message}`)
