import { assertReadable } from './assert-readable.ts'
import { exitCodes, type Invocation, isSet, textOf, UsageError } from './command.ts'

/** `rules import FILE…`: into the directory of the rules, if the set is right with them. */
export const importRule = async ({ operands, options, io }: Invocation): Promise<number> => {
  const paths = operands.slice(1)
  if (paths.length === 0) throw new UsageError('rules import needs FILE, a Sigma rule or several')
  for (const path of paths) assertReadable(path)
  const dir = textOf(options, 'rules') || io.env['AGENTTRAIL_RULES_DIR'] || './rules'
  const { importRules } = await import('../run/import-rules.ts')
  const imported = importRules(paths, dir)
  if ('taken' in imported) {
    io.stderr.write(`agenttrail: there is a file "${imported.taken}" in ${dir} already; nothing was imported\n`)
    return exitCodes.no
  }
  if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify(imported, null, 2)}\n`)
  else
    io.stdout.write(`Imported ${imported.rules.join(', ')} into ${dir}. A server works by them from its next start.\n`)
  return exitCodes.fine
}
