import { copyFileSync, existsSync, mkdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { parseRules } from '../detect/parse-rules.ts'
import { checkRules, loadRuleFiles } from './load-rules.ts'

export interface ImportedRules {
  /** Files of the rules directory that are new. */
  readonly files: readonly string[]
  readonly rules: readonly string[]
}

/**
 * Copies rule files into the rules directory, all or none: what is there afterwards must be a set that a server starts with.
 * Throws `AGT_RULES_INVALID` for what is wrong with it, ids that are taken included; returns the name of a file that is there
 * already.
 */
export const importRules = (paths: readonly string[], rulesDir: string): ImportedRules | { readonly taken: string } => {
  const added = paths.flatMap((path) =>
    loadRuleFiles(path).map((file) => ({
      from: statSync(path).isFile() ? path : join(path, file.name),
      name: basename(file.name),
      text: file.text,
    })),
  )
  const names = added.map(({ name }) => name)
  const taken = names.find((name, at) => existsSync(join(rulesDir, name)) || names.indexOf(name) !== at)
  if (taken !== undefined) return { taken }
  const known = existsSync(rulesDir) ? loadRuleFiles(rulesDir) : []
  checkRules(parseRules([...known, ...added]))
  mkdirSync(rulesDir, { recursive: true })
  for (const { from, name } of added) copyFileSync(from, join(rulesDir, name))
  return { files: names, rules: parseRules(added).rules.map(({ id }) => id) }
}
