import { type Config, loadConfig } from '../config.ts'
import { type ApiClient, createApiClient } from './api-client.ts'
import { type CliIo, type Command, textOf } from './command.ts'
import { actionsOf, awaitFinding } from './demo/await-finding.ts'
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
  usage: '[--config FILE]',
  details: `The story's logs go through the same intake as everybody's. What it leaves is in AGENTTRAIL_DATA_DIR like other data:
use a directory of its own if yours holds real records.`,
  options: configOption,
  operandsMin: 0,
  operandsMax: 0,

  run: async ({ options, io }) => {
    const config: Config = loadConfig({ env: io.env, file: textOf(options, 'config') || undefined })
    const { startServer } = await import('../run/serve.ts')
    const server = await startServer(config)
    const client = createApiClient({ url: server.url, token: config.token ?? '' })
    const stopped = runUntilStopped(server, io)
    // A story that fails takes the server with it in order; one that is stopped has nothing to add.
    const told = tell(client, io).catch(async (error: unknown) => {
      if (io.signal.aborted) return
      await server.stop()
      throw error
    })
    return Promise.race([told.then(() => stopped), stopped])
  },
}

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
