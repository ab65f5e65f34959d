import type { RuleShape } from '../api/rule-schema.ts'
import { parseRules } from '../detect/parse-rules.ts'
import type { RuleTest } from '../detect/rule.ts'
import type { RuleFile } from '../detect/rule-file.ts'

/** The rules of checked files as the API shows them. */
export const ruleShapes = (files: readonly RuleFile[]): readonly RuleShape[] =>
  parseRules(files).rules.map((rule) => ({
    id: rule.id,
    title: rule.title,
    description: rule.description,
    severity: rule.severity,
    state: rule.state,
    confidence: rule.confidenceMilli / 1000,
    eager: rule.isEager,
    response: [...rule.response],
    tags: [...rule.tags],
    falsePositives: [...rule.falsePositives],
    references: [...rule.references],
    file: rule.file,
    version: rule.version,
    tests: { fires: names(rule.tests.fires), quiet: names(rule.tests.quiet) },
    source: files.find((file) => file.name === rule.file)?.text ?? '',
  }))

const names = (tests: readonly RuleTest[]): string[] => tests.map((test) => test.name)
