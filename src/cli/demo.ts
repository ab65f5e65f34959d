import { type Config, loadConfig } from '../config.ts'
import { type ApiClient, createApiClient } from './api-client.ts'
import { type CliIo, type Command, isSet, textOf } from './command.ts'
import { actionsOf, awaitFinding } from './demo/await-finding.ts'
import { enforce } from './demo/enforce.ts'
import { writeEnforceRules } from './demo/enforce-rules.ts'
import { replay } from './demo/replay.ts'
import { storySeconds } from './demo/script.ts'
import { createStory } from './demo/story.ts'
import { readList } from './read-list.ts'
import { runUntilStopped } from './running-server.ts'
import { configOption } from './serve.ts'
import { sessionShape } from './shapes.ts'
import { styleFor } from './style.ts'
import { visible } from './visible.ts'

/** How long the replay takes; it tells of the last three minutes. */
const replaySeconds = 10
const findingWaitMs = 15_000

export const demo: Command = {
  name: 'demo',
  summary: 'Like serve, plus a replay of sample traffic: two people, four agents, one of them hijacked.',
  usage: '[--enforce] [--config FILE]',
  details: `The story's logs go through the same intake as everybody's. What it leaves is in AGENTTRAIL_DATA_DIR like other data:
use a directory of its own if yours holds real records.

With --enforce the demo's own gateway asks the decision service instead: one agent is revoked at once, one held and then revoked,
one held and freed again, with the milliseconds from the record to each step. Rules, lateness and caps are the demo's then.`,
  options: {
    enforce: { type: 'boolean', summary: 'three agents behind a gateway that asks: revoked, held, freed again' },
    ...configOption,
  },
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const config: Config = loadConfig({ env: io.env, file: textOf(options, 'config') || undefined })
    const rules = isSet(options, 'enforce') ? writeEnforceRules() : null
    const { startServer } = await import('../run/serve.ts')
    const server = await startServer(rules === null ? config : enforcing(config, rules.dir)).finally(rules?.remove)
    const client = createApiClient({ url: server.url, token: config.token ?? '' })
    const stopped = runUntilStopped(server, io)
    // A story that fails takes the server with it in order; one that is stopped has nothing to add.
    const told = (rules === null ? tell : enforce)(client, io).catch(async (error: unknown) => {
      if (io.signal.aborted) return
      await server.stop()
      throw error
    })
    return Promise.race([told.then(() => stopped), stopped])
  },
}

/** Findings become final within seconds, and the caps, which are shares of many sessions, do not hold back three of four. */
const enforcing = (config: Config, rulesDir: string): Config => ({
  ...config,
  rulesDir,
  response: 'enforce',
  latenessMs: 1_000,
  sourceSilentMs: 1_000,
  policy: { ...config.policy, revokedPercentMax: 100, only: [], rules: [] },
})

const tell = async (client: ApiClient, io: CliIo): Promise<void> => {
  const { bold, red } = styleFor(io.stderr, io.env)
  const say = (text: string): unknown => io.stderr.write(`${text}\n`)
  const startMs = io.now().getTime() - storySeconds * 1000
  const story = createStory(startMs)
  say(`\n${bold('Open')} ${client.url} ${bold('and watch.')}`)
  say(
    `Replaying ${storySeconds} seconds of a small company's logs in ${replaySeconds}: alice and bob, claude-code, cursor, a`,
  )
  say(
    'support bot and a CI agent, behind Pomerium and an MCP gateway. One issue that cursor reads is not what it seems.\n',
  )
  await replay(client, { story, startMs, speed: storySeconds / replaySeconds, signal: io.signal })
  const finding = await awaitFinding(client, { startMs, waitMs: findingWaitMs, signal: io.signal })
  const sessions = await readList(client, { path: '/api/v1/sessions', query: {}, limit: 100, item: sessionShape })
  say(`${story.length} records told of ${sessions.items.length} sessions.`)
  if (finding === null) {
    say(
      `No finding within ${findingWaitMs / 1000} s. See ${client.url}/api/v1/status, or run \`npx agenttrail doctor\`.`,
    )
    return
  }
  say(`${bold(red(`${finding.severity}: ${finding.ruleTitle}`))} – ${visible(finding.explanation.text)}`)
  say(`  ${finding.calls.length} calls prove it; actions: ${(await actionsOf(client, finding)).join(', ') || 'none'}`)
  say(`  npx agenttrail session ${finding.sessionId}`)
  say(`\nThe server goes on; Ctrl-C ends it.`)
}
