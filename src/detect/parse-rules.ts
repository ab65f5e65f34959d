import { hash } from 'node:crypto'
import { type Detection, readDetection } from './detection-condition.ts'
import type { CommonDocument, Level } from './document-schema.ts'
import { eagerMisuse } from './eager.ts'
import { boundsOf, parseCorrelation } from './parse-correlation.ts'
import type { Severity } from './rows.ts'
import type { Correlation, Input, Rule, RuleState, SeverityStep } from './rule.ts'
import {
  type CorrelationSource,
  type DetectionSource,
  type RuleDocuments,
  readRuleDocuments,
} from './rule-documents.ts'
import type { RuleFile, RuleProblem } from './rule-file.ts'
import { readRuleTests } from './rule-tests.ts'
import { checkSentence } from './sentence.ts'
import type { ToolClasses } from './tools/tool-classes.ts'

export interface RuleSet {
  readonly rules: readonly Rule[]
  /** What tools do, by the reviewed map of these files. */
  readonly tools: ToolClasses
  /** Everything that is wrong, in the order of files and lines. */
  readonly problems: readonly RuleProblem[]
}

/**
 * Reads a set of rule files: a function of their texts. Rules that problems concern are left out. With `areFieldsFree`
 * they are for events that were picked by hand, so neither log sources nor names of fields are looked at.
 */
export const parseRules = (files: readonly RuleFile[], { areFieldsFree = false } = {}): RuleSet => {
  const problems: RuleProblem[] = []
  const documents = readRuleDocuments(files, problems, areFieldsFree)
  const rules = new RuleLinker(documents).rules()
  const wrongFiles = new Set(problems.map((problem) => problem.file))
  return {
    rules: rules.filter((rule) => !wrongFiles.has(rule.file)),
    tools: documents.tools,
    problems: problems.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1)),
  }
}

type RuleSource = DetectionSource | CorrelationSource

/** Resolves the names by which documents refer to each other. */
class RuleLinker {
  readonly #documents: RuleDocuments
  readonly #byName = new Map<string, RuleSource>()
  readonly #detections = new Map<RuleSource, Detection>()
  /** Correlations being resolved: one that is met again refers to itself. */
  readonly #open = new Set<RuleSource>()
  readonly #read = new Set<RuleSource>()

  constructor(documents: RuleDocuments) {
    this.#documents = documents
    for (const source of documents.rules) {
      for (const key of new Set([source.document.name, source.document.id])) {
        if (key === undefined) continue
        const other = this.#byName.get(key)
        if (other === undefined) this.#byName.set(key, source)
        else source.report(['name'], `"${key}" is the name of another rule too (${other.file}); give it another`)
      }
    }
  }

  /** Documents that no correlation is about, and those that one says are rules by themselves too. */
  rules(): readonly Rule[] {
    const referred = new Set<RuleSource | undefined>()
    for (const source of this.#documents.rules) {
      if (source.kind !== 'correlation' || generates(source)) continue
      for (const name of namesIn(source)) referred.add(this.#byName.get(name))
    }
    const outer = this.#documents.rules.filter((source) => !referred.has(source))
    // What nothing refers to is not read otherwise, and its mistakes would not be seen.
    for (const source of this.#documents.rules) if (source.kind === 'detection') this.#detection(source)
    const rules = outer.map((source) => this.#rule(source))
    this.#readCircles()
    return rules
  }

  /** Correlations that only lead to each other are no part of any rule; reading one tells so. */
  #readCircles(): void {
    for (const source of this.#documents.rules) {
      if (source.kind === 'correlation' && !this.#read.has(source)) this.#correlation(source)
    }
  }

  #rule(source: RuleSource): Rule {
    const { document } = source
    const own = document.agenttrail ?? {}
    const correlation = source.kind === 'detection' ? this.#single(source) : this.#correlation(source)
    const sentence = own.sentence ?? '{who}: {title}[ ({tool})].'
    checkOwn(source, { correlation, sentence })
    const logic = {
      correlation,
      severitySteps: this.#steps(source, correlation),
      sentence,
      state: stateOf(document, this.#isAboutCalls(source)),
      severity: severityOf(document.level ?? 'medium'),
      measure: own.measure ?? 'calls',
    }
    return {
      ...logic,
      ...describedBy(document),
      id: idOf(document),
      confidenceMilli: Math.round((own.confidence ?? 0.5) * 1000),
      isEager: own.eager ?? false,
      budget: { rowsMax: own.budget?.rows ?? null, secondsMax: own.budget?.seconds ?? null },
      isProvisional: own.provisional ?? true,
      response: own.response ?? ['flag'],
      isAboutOneCall: source.kind === 'detection',
      tests: readRuleTests(own),
      tools: this.#documents.tools,
      file: source.file,
      version: hash('sha256', JSON.stringify(logic), 'base64url').slice(0, 16),
    }
  }

  /** A rule about one call is a correlation that one call completes. */
  #single(source: DetectionSource): Correlation {
    const own = source.document.agenttrail
    const section = {
      type: 'event_count' as const,
      rules: idOf(source.document),
      timespan: own?.timespan ?? '1h',
      condition: { gte: 1 },
      ...(own?.['group-by'] !== undefined && { 'group-by': own['group-by'] }),
    }
    return parseCorrelation(
      { document: { ...source.document, correlation: section }, report: source.report },
      {
        name: idOf(source.document),
        resolve: (name) =>
          name === section.rules ? this.#detection(source).condition : this.#source(name, source, ['agenttrail']),
        asides: asidesOf(source.document),
        isAboutCalls: this.#isAboutCalls(source),
      },
    )
  }

  #correlation(source: CorrelationSource): Correlation {
    this.#open.add(source)
    this.#read.add(source)
    const correlation = parseCorrelation(source, {
      name: idOf(source.document),
      resolve: (name) => this.#source(name, source, ['correlation', 'rules']),
      asides: asidesOf(source.document),
      isAboutCalls: this.#isAboutCalls(source),
    })
    this.#open.delete(source)
    return correlation
  }

  #source(name: string, by: RuleSource, path: readonly string[]): Input['source'] | null {
    const source = this.#byName.get(name)
    if (source === undefined) by.report(path, `there is no rule "${name}"; write its name: or id: as it is there`)
    else if (this.#open.has(source)) by.report(path, `"${name}" leads back to this rule; take it out`)
    else return source.kind === 'detection' ? this.#detection(source).condition : this.#correlation(source)
    return null
  }

  #detection(source: DetectionSource): Detection {
    const known = this.#detections.get(source)
    if (known !== undefined) return known
    const detection = readDetection(source, this.#documents)
    this.#detections.set(source, detection)
    return detection
  }

  /** A correlation is about calls if all is that it refers to. */
  #isAboutCalls(source: RuleSource): boolean {
    if (source.kind === 'detection') return this.#detection(source).isAboutCalls
    return namesIn(source).every((name) => {
      const inner = this.#byName.get(name)
      return inner === undefined || this.#open.has(inner) || inner === source || this.#isAboutCalls(inner)
    })
  }

  #steps(source: RuleSource, correlation: Correlation): readonly SeverityStep[] {
    return (source.document.agenttrail?.severity ?? []).map(({ level, rules, ...bounds }, at) => {
      if (rules === undefined && boundsOf(bounds).length === 0) {
        source.report(['agenttrail', 'severity', at], 'say what the level needs: gte: or rules:')
      }
      const inputs = (rules ?? []).map((name) => correlation.inputs.findIndex((input) => input.name === name))
      return { severity: severityOf(level), bounds: boundsOf(bounds), inputs: inputs.filter((input) => input >= 0) }
    })
  }
}

const checkOwn = (
  { document, report }: RuleSource,
  { correlation, sentence }: { readonly correlation: Correlation; readonly sentence: string },
): void => {
  checkSentence(sentence, (message) => report(['agenttrail', 'sentence'], message))
  const misuse = document.agenttrail?.eager === true ? eagerMisuse(correlation) : null
  if (misuse !== null) report(['agenttrail', 'eager'], misuse)
}

const describedBy = (document: CommonDocument) => ({
  title: document.title,
  description: document.description ?? '',
  tags: document.tags ?? [],
  falsePositives: [document.falsepositives ?? []].flat(),
  references: document.references ?? [],
})

const generates = ({ document }: CorrelationSource): boolean =>
  document.generate === true || document.correlation.generate === true

const namesIn = ({ document }: CorrelationSource): readonly string[] => [
  ...[document.correlation.rules].flat(),
  ...(document.correlation.between?.without ?? []),
  ...asidesOf(document),
]

const asidesOf = (document: CommonDocument): readonly string[] =>
  (document.agenttrail?.severity ?? []).flatMap((step) => step.rules ?? [])

const idOf = (document: CommonDocument): string =>
  document.name ?? document.id ?? document.title.toLowerCase().replace(/[^a-z0-9]+/g, '-')

const severityOf = (level: Level): Severity => (level === 'informational' ? 'info' : level)

const stateOf = ({ status }: CommonDocument, isAboutCalls: boolean): RuleState => {
  if (!isAboutCalls || status === 'deprecated' || status === 'unsupported') return 'off'
  return status === 'experimental' ? 'shadow' : 'active'
}
