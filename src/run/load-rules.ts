import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { parseRules, type RuleSet } from '../detect/parse-rules.ts'
import type { RuleFile, RuleProblem } from '../detect/rule-file.ts'
import { AgenttrailError } from '../errors.ts'
import { shippedRulesDir } from './package-files.ts'

/** The rule files below a directory in the order of their names; the shipped ones where the default one is missing. */
export const loadRuleFiles = (path: string): readonly RuleFile[] => {
  const dir = path === './rules' && !existsSync(path) ? shippedRulesDir : path
  try {
    if (statSync(dir).isFile()) return [{ name: dir, text: readFileSync(dir, 'utf8') }]
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => ({ name: relative(dir, file), text: readFileSync(file, 'utf8') }))
  } catch (error) {
    throw unreadable(dir, error)
  }
}

const unreadable = (dir: string, cause: unknown): AgenttrailError => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `The rules in ${dir} cannot be read (${reason}). Name a directory with rule files in AGENTTRAIL_RULES_DIR.`
  return new AgenttrailError('AGT_RULES_INVALID', message, { cause })
}

/** Rule files that are right; throws `AGT_RULES_INVALID` that names every problem of every file. */
export const loadCheckedRuleFiles = (path: string): readonly RuleFile[] => {
  const files = loadRuleFiles(path)
  checkRules(parseRules(files))
  return files
}

/** Throws `AGT_RULES_INVALID` if anything is wrong with a set. */
export const checkRules = ({ problems }: RuleSet): void => {
  if (problems.length === 0) return
  const title = problems.length === 1 ? 'A rule is wrong' : `Rules are wrong in ${problems.length} places`
  throw new AgenttrailError('AGT_RULES_INVALID', `${title}:\n${problems.map(problemText).join('\n')}`)
}

const problemText = ({ file, line, message }: RuleProblem): string => `  ${file}:${line}: ${message}`
