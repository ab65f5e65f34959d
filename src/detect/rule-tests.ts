import type { CommonDocument } from './document-schema.ts'
import type { RuleTest, RuleTests } from './rule.ts'

type Own = NonNullable<CommonDocument['agenttrail']>

/** The tests of a rule, each call with the fields that all of them share. */
export const readRuleTests = (own: Own): RuleTests => ({
  fires: readTests(own.tests?.fires, own),
  quiet: readTests(own.tests?.quiet, own),
})

const readTests = (
  tests: NonNullable<NonNullable<Own['tests']>['fires']> | undefined,
  { defaults }: Own,
): readonly RuleTest[] =>
  (tests ?? []).map(({ name, calls, findings, level }) => ({
    name,
    calls: calls.map((call) => ({ ...defaults, ...call })),
    findings: findings ?? null,
    severity: level === undefined ? null : level === 'informational' ? 'info' : level,
  }))
