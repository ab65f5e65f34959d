import { type Config, loadConfig } from '../config.ts'
import { AgenttrailError } from '../errors.ts'
import { type ApiClient, apiClientFor } from './api-client.ts'
import { type CliIo, type Command, exitCodes, isSet, textOf } from './command.ts'
import { type Check, fine, skipped, wrong } from './doctor/check.ts'
import { checkCorrelation } from './doctor/correlation-checks.ts'
import { checkDataDir, checkDisk, checkNode, checkPort } from './doctor/local-checks.ts'
import { checkPipeline } from './doctor/pipeline-checks.ts'
import { checkTraffic } from './doctor/traffic-checks.ts'
import { configOption } from './serve.ts'
import { parseShape, statusShape } from './shapes.ts'
import { type Style, styleFor } from './style.ts'
import { visible } from './visible.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'Look for what is wrong with this installation and its sources, and say what to do.',
  usage: '[--config FILE]',
  details: 'Exit 1 if something is wrong.',
  options: { ...configOption, json: { type: 'boolean', summary: 'print the checks as JSON' } },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const checks = await allChecks(io, textOf(options, 'config') || undefined)
    if (isSet(options, 'json')) io.stdout.write(`${JSON.stringify({ items: checks }, null, 2)}\n`)
    else for (const check of checks) io.stdout.write(lineOf(check, styleFor(io.stdout, io.env)))
    return checks.some((check) => check.state === 'wrong') ? exitCodes.no : exitCodes.fine
  },
}

const allChecks = async (io: CliIo, file: string | undefined): Promise<readonly Check[]> => {
  const node = checkNode(process.versions.node)
  let config: Config
  try {
    config = loadConfig({ env: io.env, file })
  } catch (error) {
    if (!(error instanceof AgenttrailError)) throw error
    return [node, wrong('settings', error.message, 'Correct them; `agenttrail config` shows all.')]
  }
  const local = [node, fine('settings', 'can be read'), checkDataDir(config.dataDir), checkDisk(config.dataDir)]
  return [...local, ...(await serverChecks(apiClientFor(io.env), config, io.now()))]
}

/** Everything that only a running server can tell; without one, whether it could be started. */
const serverChecks = async (client: ApiClient, config: Config, now: Date): Promise<readonly Check[]> => {
  try {
    const status = parseShape(statusShape, await client.get('/api/v1/status'))
    const pipeline = [fine('server', client.url), ...checkPipeline(status)]
    if (status.store.state !== 'up') return [...pipeline, skipped('traffic', 'cannot be looked at without the store')]
    return [...pipeline, ...(await checkTraffic(client, now)), ...(await checkCorrelation(client, now))]
  } catch (error) {
    if (!(error instanceof AgenttrailError)) throw error
    const advice = 'The other checks need a running server.'
    if (error.code !== 'AGT_SERVER_UNREACHABLE') return [wrong('server', error.message, advice)]
    return [await checkPort(config.httpAddress), wrong('server', error.message, advice)]
  }
}

const lineOf = (check: Check, style: Style): string => {
  const marks = {
    fine: style.green('ok   '),
    hint: style.yellow('hint '),
    wrong: style.red('wrong'),
    skipped: style.dim('–    '),
  }
  const advice = check.advice === '' ? '' : `\n       → ${visible(check.advice)}`
  return `${marks[check.state]}  ${style.bold(check.name)}: ${visible(check.text).replaceAll('<U+000A>', '\n       ')}${advice}\n`
}
