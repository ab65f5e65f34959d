import { loadConfig } from '../config.ts'
import { roles } from '../run/roles/roles.ts'
import { type Command, type Option, textOf, UsageError } from './command.ts'
import { runUntilStopped } from './running-server.ts'

/** Where the settings come from, for every command that needs them all. */
export const configOption = {
  config: { type: 'string', value: 'FILE', summary: 'settings file (default agenttrail.yaml, if there is one)' },
} as const satisfies Readonly<Record<string, Option>>

export const serve: Command = {
  name: 'serve',
  summary: 'Collect, analyse, store and serve: everything in one process and its engine.',
  usage: '[--config FILE]',
  details: `The console, the API and the intake are at AGENTTRAIL_HTTP_ADDRESS (default 127.0.0.1:9470), the data is in
AGENTTRAIL_DATA_DIR (default ./data). SIGTERM or Ctrl-C ends it in order, a second one at once.
\`agenttrail config\` shows every setting.`,
  options: {
    ...configOption,
    role: { type: 'string', value: 'ROLE', summary: `which part to run: all, or of a cluster ${roles.join(', ')}` },
  },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const role = textOf(options, 'role') || 'all'
    const part = roles.find((known) => known === role)
    if (role !== 'all' && part === undefined) {
      throw new UsageError(`--role is "${role}"; use all, ${roles.join(', ')}`)
    }
    const config = loadConfig({ env: io.env, file: textOf(options, 'config') || undefined })
    if (part !== undefined) {
      const { startRole } = await import('../run/serve-role.ts')
      return runUntilStopped(await startRole(config, part), io)
    }
    if (config.log !== 'local') {
      throw new UsageError(`AGENTTRAIL_LOG is a cluster's: name the part to run, --role ${roles.join(', ')}`)
    }
    const { startServer } = await import('../run/serve.ts')
    return runUntilStopped(await startServer(config), io)
  },
}
