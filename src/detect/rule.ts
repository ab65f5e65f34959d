import type { Severity } from './rows.ts'
import type { Condition, NumberOperator } from './sigma/ast.ts'
import type { ToolClasses } from './tools/tool-classes.ts'

/** What may be done about a finding. */
export type ResponseKind = 'flag' | 'page' | 'hold' | 'revoke'

/** `shadow` finds and does nothing about it; `off` is not evaluated. */
export type RuleState = 'active' | 'shadow' | 'off'

/** A rule as it is evaluated: its logic with every name resolved, and what a finding of it says and asks for. */
export interface Rule {
  /** What findings name: the document's `name`, else its `id`. */
  readonly id: string
  readonly title: string
  readonly description: string
  readonly state: RuleState
  readonly severity: Severity
  /** Worse severities, and what each needs. */
  readonly severitySteps: readonly SeverityStep[]
  /** 0–1000; a revocation needs 900. */
  readonly confidenceMilli: number
  /** Whether a provisional finding may already revoke. */
  readonly isEager: boolean
  /** Whether it fires before its finding is final. Not if a call usually looks like a match until all layers are in. */
  readonly isProvisional: boolean
  readonly response: readonly ResponseKind[]
  readonly tags: readonly string[]
  readonly falsePositives: readonly string[]
  readonly references: readonly string[]
  /** One sentence with `{placeholders}`, see `describe-match.ts`. */
  readonly sentence: string
  /** What the correlation counts or measures, as the explanation names it: `denies`. */
  readonly measure: string
  readonly correlation: Correlation
  /** Whether the file is a detection: one call completes it. */
  readonly isAboutOneCall: boolean
  readonly tests: RuleTests
  /** What tools do in its tests. Calls are told apart where they come in. */
  readonly tools: ToolClasses
  /** What a backtest over one day may cost; null = not bounded. */
  readonly budget: { readonly rowsMax: number | null; readonly secondsMax: number | null }
  /** The file it was read from. */
  readonly file: string
  /** Hash of everything that decides what it finds: a rule whose version stays keeps its windows. */
  readonly version: string
}

export interface SeverityStep {
  readonly severity: Severity
  /** The measured value must be within all of these. */
  readonly bounds: readonly Bound[]
  /** A call of the proof matches one of these inputs; empty = not asked. */
  readonly inputs: readonly number[]
}

export interface Bound {
  readonly operator: NumberOperator
  readonly value: number
}

/** Calls that match the inputs, per group, within a window (t − timespan, t], and when they make the condition hold. */
export interface Correlation {
  /** Its name; within a rule no other correlation has it. */
  readonly name: string
  readonly inputs: readonly Input[]
  readonly groupBy: readonly GroupField[]
  readonly timespanUs: number
  readonly logic: Logic
}

/** A selection of calls, or another correlation: the calls that complete it. */
export interface Input {
  readonly name: string
  /** Members are counted; a breaker ends an ordered chain; the rest only raises the severity. */
  readonly role: 'member' | 'breaker' | 'aside'
  readonly source: Condition | Correlation
}

export interface GroupField {
  /** The field by input: an alias names another one for each. */
  readonly fields: readonly string[]
  /** Whether a call without a value belongs to a group all the same. */
  readonly takesUnknown: boolean
}

export type Logic =
  | { readonly kind: 'count'; readonly bounds: readonly Bound[] }
  | { readonly kind: 'distinct'; readonly fields: readonly string[]; readonly bounds: readonly Bound[] }
  | { readonly kind: 'sum' | 'average'; readonly field: string; readonly bounds: readonly Bound[] }
  | {
      readonly kind: 'percentile'
      readonly field: string
      readonly percentile: number
      readonly bounds: readonly Bound[]
    }
  /** The fields of the condition are inputs' names: each is present or not. */
  | { readonly kind: 'together'; readonly condition: Condition }
  /** At least so many different inputs. */
  | { readonly kind: 'several'; readonly bounds: readonly Bound[] }
  /** The members in their order. */
  | { readonly kind: 'ordered' }
  | NewValueLogic
  | BaselineLogic
  | { readonly kind: 'absence' }

/** A value that the group did not show within the lookback, once the group has been known for a while. */
export interface NewValueLogic {
  readonly kind: 'newValue'
  readonly fields: readonly string[]
  readonly lookbackUs: number
  readonly warmUpUs: number
}

/** More in a bucket of one timespan than the median of the group's own buckets plus so many median deviations. */
export interface BaselineLogic {
  readonly kind: 'baseline'
  /** Empty = calls are counted, else distinct values of these. */
  readonly fields: readonly string[]
  readonly lookbackUs: number
  readonly bucketsMin: number
  readonly deviations: number
  readonly bounds: readonly Bound[]
}

export interface RuleTests {
  readonly fires: readonly RuleTest[]
  readonly quiet: readonly RuleTest[]
}

/** Calls in the words of `INTERFACE.md`, and what they must make of the rule. */
export interface RuleTest {
  readonly name: string
  readonly calls: readonly Readonly<Record<string, unknown>>[]
  /** How many final findings there must be; null = at least one. */
  readonly findings: number | null
  /** The severity of the worst; null = not asked. */
  readonly severity: Severity | null
}
