import { readFileSync } from 'node:fs'
import { matchEvents } from '../detect/match-events.ts'
import { parseRules } from '../detect/parse-rules.ts'
import type { Rule } from '../detect/rule.ts'
import { type RuleTestResult, runRuleTests } from '../detect/run-rule-tests.ts'
import { AgenttrailError } from '../errors.ts'
import { checkRules, loadCheckedRuleFiles, loadRuleFiles } from './load-rules.ts'

/** A rule as lists show it. */
export interface RuleSummary {
  readonly id: string
  readonly title: string
  readonly severity: string
  readonly state: string
  readonly response: readonly string[]
  readonly tags: readonly string[]
  readonly tests: number
  readonly file: string
}

/** The rules of a directory or file. */
export const listRules = (path: string): readonly RuleSummary[] =>
  parseRules(loadCheckedRuleFiles(path)).rules.map((rule) => ({
    id: rule.id,
    title: rule.title,
    severity: rule.severity,
    state: rule.state,
    response: rule.response,
    tags: rule.tags,
    tests: rule.tests.fires.length + rule.tests.quiet.length,
    file: rule.file,
  }))

export interface RuleReport {
  readonly id: string
  readonly file: string
  readonly tests: readonly RuleTestResult[]
}

/** Runs the tests of every rule in files and directories. A wrong file throws `AGT_RULES_INVALID`. */
export const testRules = (paths: readonly string[], onRule: (done: number, total: number) => void): RuleReport[] => {
  const set = parseRules(paths.flatMap((path) => loadRuleFiles(path)))
  checkRules(set)
  const { rules } = set
  return rules.map((rule, at) => {
    onRule(at, rules.length)
    return { id: rule.id, file: rule.file, tests: runRuleTests(rule) }
  })
}

/** Which lines of a file a rule matches. The rule is a file, or the id of one in the rules' directory. */
export const matchLines = (options: {
  readonly rule: string
  readonly rulesDir: string
  readonly events: string
}): readonly { readonly line: number; readonly matched: boolean }[] => {
  const rule = findRule(options.rule, options.rulesDir)
  const lines = readLines(options.events)
  const matched = matchEvents(
    rule,
    lines.map(({ event }) => event),
  )
  return lines.map(({ line }, at) => ({ line, matched: matched[at] ?? false }))
}

const findRule = (name: string, rulesDir: string): Rule => {
  const isFile = /\.ya?ml$/.test(name)
  const set = parseRules(loadRuleFiles(isFile ? name : rulesDir), { areFieldsFree: true })
  checkRules(set)
  const { rules } = set
  const rule = isFile ? rules[0] : rules.find((each) => each.id === name)
  if (rule !== undefined) return rule
  const known = rules.map((each) => each.id).join(', ')
  throw new AgenttrailError('AGT_NOT_FOUND', `There is no rule "${name}" in ${rulesDir}; there are ${known || 'none'}.`)
}

interface Line {
  readonly line: number
  readonly event: Readonly<Record<string, unknown>>
}

const readLines = (path: string): readonly Line[] => {
  const text = readFileSync(path, 'utf8')
  const whole = text.trimStart().startsWith('[') ? parseEvent(text, path, 1) : null
  if (Array.isArray(whole)) return whole.map((event: Line['event'], at) => ({ line: at + 1, event }))
  return text.split('\n').flatMap((each, at) => {
    if (each.trim() === '') return []
    return [{ line: at + 1, event: parseEvent(each, path, at + 1) as Line['event'] }]
  })
}

const parseEvent = (text: string, path: string, line: number): unknown => {
  let event: unknown
  try {
    event = JSON.parse(text)
  } catch (error) {
    throw notJson(path, line, error)
  }
  if (typeof event === 'object' && event !== null) return event
  throw notJson(path, line, null)
}

const notJson = (path: string, line: number, cause: unknown): AgenttrailError =>
  new AgenttrailError('AGT_BODY_INVALID', `${path}:${line} is no JSON object: write one event a line.`, { cause })
