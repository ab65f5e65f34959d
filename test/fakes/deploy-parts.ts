import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const cache = fileURLToPath(new URL('../../.cache/deploy-parts', import.meta.url))
const required = (process.env['AGENTTRAIL_REQUIRE'] ?? '').split(',')

/** A program that `.ci/deploy-parts` puts below `.cache`. */
interface DeployPart {
  /** What `AGENTTRAIL_REQUIRE` calls it. */
  readonly name: string
  readonly command: string
}

export const composeLoader: DeployPart = { name: 'compose', command: `${cache}/check-compose` }
export const collectorCheck: DeployPart = { name: 'otel-validate', command: `${cache}/check-collector` }

/** Whether to leave out what needs a part; says so in a line. A part that is asked for is never left out. */
export const lacksPart = ({ name, command }: DeployPart): boolean => {
  if (existsSync(command) || required.includes(name)) return false
  console.log(`skipped: what needs ${name} (.ci/deploy-parts builds it)`)
  return true
}

/** What a program answered, all that it printed, and whether it was content. */
export const runDeployPart = async (
  { command }: DeployPart,
  args: readonly string[],
): Promise<{ readonly isOk: boolean; readonly answer: string; readonly printed: string }> => {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  let answer = ''
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    answer += text
    printed += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const code = await new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject))
  return { isOk: code === 0, answer: answer.trim(), printed }
}

/** Clients of ClickHouse that others write: both are given port, user, password and a query, and print rows as JSON. */
export const clickhouseGo: DeployPart = { name: 'clickhouse-clients', command: `${cache}/read-sessions` }
export const clickhouseConnect: DeployPart = { name: 'clickhouse-clients', command: `${cache}/python/bin/python` }
export const manifestDecoder: DeployPart = { name: 'kubernetes', command: `${cache}/check-manifests` }
