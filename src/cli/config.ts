import { loadConfig } from '../config.ts'
import { describeConfig } from '../describe-config.ts'
import { type Command, exitCodes, isSet, textOf } from './command.ts'
import { configOption } from './serve.ts'

export const config: Command = {
  name: 'config',
  summary: 'Print the effective settings and where each comes from; secrets are masked.',
  usage: '[--config FILE]',
  details: 'Every problem is reported at once, and the exit code is then 2.',
  options: { ...configOption, json: { type: 'boolean', summary: 'print them as JSON' } },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const loaded = loadConfig({ env: io.env, file: textOf(options, 'config') || undefined })
    const text = isSet(options, 'json') ? JSON.stringify(loaded.origins, null, 2) : describeConfig(loaded)
    io.stdout.write(`${text}\n`)
    return exitCodes.fine
  },
}
