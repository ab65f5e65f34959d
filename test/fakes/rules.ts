import { readdirSync, readFileSync } from 'node:fs'
import { parseRules } from '../../src/detect/parse-rules.ts'
import type { Rule } from '../../src/detect/rule.ts'
import type { RuleFile } from '../../src/detect/rule-file.ts'
import type { Activation, ActivationEntry } from '../../src/log/entry.ts'

/** A rule file of the project. */
export const shippedRule = (name: string): RuleFile => ({
  name: `${name}.yaml`,
  text: readFileSync(new URL(`../../rules/${name}.yaml`, import.meta.url), 'utf8'),
})

/** The rules of a text, which must be right. */
export const rulesOf = (text: string): readonly Rule[] => {
  const { rules, problems } = parseRules([{ name: 'test.yaml', text }])
  if (problems.length > 0) throw new Error(problems.map(({ line, message }) => `${line}: ${message}`).join('\n'))
  return rules
}

/** The first rule of a text. */
export const ruleOf = (text: string): Rule => {
  const [rule] = rulesOf(text)
  if (rule === undefined) throw new Error('there is no rule in this text')
  return rule
}

/** The entry that lets an analyser work by rule files. */
export const activationOf = (activation: Activation, ...rules: RuleFile[]): ActivationEntry => ({
  kind: 'activation',
  content: { ...activation, rules },
})

/** Every rule file of the project. */
export const shippedRules = (): readonly RuleFile[] =>
  readdirSync(new URL('../../rules', import.meta.url))
    .sort()
    .map((name) => shippedRule(name.replace(/\.yaml$/, '')))
