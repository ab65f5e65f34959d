import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const required = (process.env['AGENTTRAIL_REQUIRE'] ?? '').split(',')

/** A program that the system may have. */
interface SystemPart {
  /** What `AGENTTRAIL_REQUIRE` calls it. */
  readonly name: string
  readonly command: string
}

export const promtool: SystemPart = { name: 'prometheus', command: 'promtool' }
export const systemdAnalyze: SystemPart = { name: 'systemd', command: 'systemd-analyze' }
export const amtool: SystemPart = { name: 'alertmanager', command: 'amtool' }

/** Whether to leave out what needs a part; says so in a line. A part that is asked for is never left out. */
export const isAbsent = ({ name, command }: SystemPart): boolean => {
  const isThere = (process.env['PATH'] ?? '').split(delimiter).some((directory) => existsSync(join(directory, command)))
  if (isThere || required.includes(name)) return false
  console.log(`skipped: what needs ${command} (${name})`)
  return true
}

/** What the part answered, all that it printed, and whether it was content. */
export const runPart = (
  { command }: SystemPart,
  args: readonly string[],
): { readonly isOk: boolean; readonly answer: string; readonly printed: string } => {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 })
  return { isOk: status === 0, answer: (stdout ?? '').trim(), printed: `${error ?? ''}${stdout}${stderr}` }
}
