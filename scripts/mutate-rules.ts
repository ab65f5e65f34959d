import { parseRules } from '../src/detect/parse-rules.ts'
import type { RuleFile } from '../src/detect/rule-file.ts'
import { runRuleTests } from '../src/detect/run-rule-tests.ts'
import { loadRuleFiles } from '../src/run/load-rules.ts'
import { type Mutant, mutantsOf } from './rule-mutants.ts'

/** Of all changes so many must be noticed by the rules' own tests. */
const scoreMin = 0.85

/*
 * `npm run mutate [RULE…]`: changes thresholds, windows, groups and conditions of each shipped rule, one at a time, and
 * runs the rule's own tests. A change that no test notices is listed: either a test is missing, or the rule says more
 * than it needs.
 */
const files = loadRuleFiles('rules')
const wanted = new Set(process.argv.slice(2))

/** Whether the changed rule fails a test of its own, or is no rule any more. */
const isNoticed = (file: RuleFile, mutant: Mutant): boolean => {
  const changed = files.map((each) => (each === file ? { ...file, text: mutant.text } : each))
  const { rules, problems } = parseRules(changed)
  if (problems.length > 0) return true
  return rules
    .filter((rule) => rule.file === file.name)
    .some((rule) => runRuleTests(rule).some(({ failure }) => failure !== null))
}

const idsOf = (file: RuleFile): readonly string[] =>
  parseRules(files)
    .rules.filter((rule) => rule.file === file.name)
    .map((rule) => rule.id)

let mutants = 0
let noticed = 0
for (const file of files) {
  const ids = idsOf(file)
  if (ids.length === 0 || (wanted.size > 0 && !ids.some((id) => wanted.has(id)))) continue
  const all = mutantsOf(file.text)
  const survivors = all.filter((mutant) => !isNoticed(file, mutant))
  mutants += all.length
  noticed += all.length - survivors.length
  console.log(`${ids.join(', ')}: ${all.length - survivors.length} of ${all.length} noticed`)
  for (const { change } of survivors) console.log(`  survives  ${change}`)
}
const score = mutants === 0 ? 0 : noticed / mutants
console.log(JSON.stringify({ mutants, noticed, score: Number(score.toFixed(3)) }))
process.exitCode = score >= scoreMin ? 0 : 1
