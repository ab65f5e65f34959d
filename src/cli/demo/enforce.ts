import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../api-client.ts'
import type { CliIo } from '../command.ts'
import { styleFor } from '../style.ts'
import { awaitAction, awaitSession, timesOf } from './await-action.ts'
import { type DemoAgent, DemoGateway, newAgent } from './demo-gateway.ts'

const honestEveryMs = 150

interface Scene {
  readonly client: ApiClient
  readonly gateway: DemoGateway
  readonly say: (text: string) => void
  readonly signal: AbortSignal
}

/**
 * Three findings about three agents whose gateway asks the decision service, while a fourth goes on with its work: one that
 * revokes at once, one that holds until it is final, one that is withdrawn.
 */
export const enforce = async (client: ApiClient, io: CliIo): Promise<void> => {
  const { bold } = styleFor(io.stderr, io.env)
  const say = (text: string): void => void io.stderr.write(`${text}\n`)
  const gateway = new DemoGateway(client, io.signal)
  const scene: Scene = { client, gateway, say, signal: io.signal }
  say(
    `\n${bold('Open')} ${client.url} ${bold('and watch.')} A gateway asks agenttrail before each call of four agents.\n`,
  )
  const ended = new AbortController()
  const claudeCode = newAgent('claude-code', 'alice@acme.test')
  const scenes = async (): Promise<void> => {
    // A process that has just started is no measure of anything.
    await awaitSession(client, claudeCode.id, io.signal)
    say(bold('1  cursor was hijacked; its rule is eager'))
    await revokedAtOnce(scene, newAgent('cursor', 'bob@acme.test'))
    say(bold('2  support-bot asks for what it may not; its rule has to wait'))
    await heldThenRevoked(scene, newAgent('support-bot', 'carol@acme.test'))
    say(bold('3  ci-agent did nothing wrong; its gateway’s log came late'))
    await heldThenFreed(scene, newAgent('ci-agent', 'dave@acme.test'))
  }
  const honest = workOn(gateway, claudeCode, ended.signal)
  const [made] = await Promise.all([honest, scenes().finally(() => ended.abort())])
  say(`${bold('4  claude-code')} made ${made} calls all the while, and none was denied.`)
  say(`\n  npx agenttrail actions\n\nThe server goes on; Ctrl-C ends it.`)
}

const revokedAtOnce = async ({ client, gateway, say, signal }: Scene, agent: DemoAgent): Promise<void> => {
  await gateway.call({ agent, tool: 'get_issue', policy: 'allow' })
  let acceptedMs = 0
  for (const tool of ['add_collaborator', 'update_branch_protection', 'transfer_repository']) {
    acceptedMs = (await gateway.call({ agent, tool, policy: 'deny' })).acceptedMs
  }
  const wanted = { agentId: agent.id, kind: 'revoke' } as const
  await awaitAction(client, { ...wanted, state: 'enforced' }, signal)
  const next = await gateway.call({ agent, tool: 'get_issue', policy: 'allow' })
  say(`   its next call, which its policy allows: ${next.result}`)
  say(`   ${timesOf(await awaitAction(client, { ...wanted, state: 'verified' }, signal), acceptedMs)}\n`)
}

const heldThenRevoked = async ({ client, gateway, say, signal }: Scene, agent: DemoAgent): Promise<void> => {
  let acceptedMs = 0
  for (let made = 0; made < 4; made += 1) {
    acceptedMs = (await gateway.call({ agent, tool: 'query', policy: 'deny' })).acceptedMs
  }
  const hold = await awaitAction(client, { agentId: agent.id, kind: 'hold', state: 'enforced' }, signal)
  const next = await gateway.call({ agent, tool: 'get_thread', policy: 'allow' })
  say(`   held while its finding is provisional; its next call: ${next.result}`)
  say(`   hold:   ${timesOf(hold, acceptedMs)}`)
  const revoke = await awaitAction(client, { agentId: agent.id, kind: 'revoke', state: 'enforced' }, signal)
  say(`   revoke: ${timesOf(revoke, acceptedMs)}, now that it is final\n`)
}

const heldThenFreed = async ({ client, gateway, say, signal }: Scene, agent: DemoAgent): Promise<void> => {
  const calls = []
  for (let made = 0; made < 3; made += 1) calls.push(await gateway.callUnjudged(agent, 'export_report'))
  const acceptedMs = calls.at(-1)?.acceptedMs ?? 0
  const wanted = { agentId: agent.id, kind: 'hold' } as const
  await awaitAction(client, { ...wanted, state: 'enforced' }, signal)
  const held = await gateway.call({ agent, tool: 'list_workflow_runs', policy: 'allow' })
  say(`   held while its finding is provisional; its next call: ${held.result}`)
  for (const { judge } of calls) await judge()
  const undone = await awaitAction(client, { ...wanted, state: 'undone' }, signal)
  const free = await gateway.call({ agent, tool: 'list_workflow_runs', policy: 'allow' })
  say(`   its policy had allowed each; the finding is withdrawn, and its next call: ${free.result}`)
  say(`   hold:   ${timesOf(undone, acceptedMs)}\n`)
}

/** Calls until it is told to end; an agent that is denied throws. Returns how many it made. */
const workOn = async (gateway: DemoGateway, agent: DemoAgent, ended: AbortSignal): Promise<number> => {
  let made = 0
  while (!ended.aborted) {
    const { result } = await gateway.call({ agent, tool: 'list_issues', policy: 'allow' })
    if (result !== 'allowed') throw new Error(`${agent.id} was ${result}`)
    made += 1
    await delay(honestEveryMs, undefined, { signal: ended }).catch(() => undefined)
  }
  return made
}
