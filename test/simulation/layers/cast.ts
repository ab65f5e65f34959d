import type { Random } from '../random.ts'
import type { Scenario } from './scenario.ts'

/** Who acts: an agent is one client on one machine for one principal. */
export interface Agent {
  readonly index: number
  readonly userId: string
  readonly email: string
  /** `''` for agents that act with a user's login. */
  readonly serviceAccountId: string
  readonly oauthClientId: string
  readonly clientName: string
  readonly clientVersion: string
  readonly address: string
  /** The authenticated principal: what no call or session may span two of. */
  readonly principal: string
}

/** One process that writes a log, with a clock of its own. */
export interface Source {
  readonly name: string
  readonly layer: 'proxy' | 'gateway' | 'server' | 'trace'
  /** Whose lines it writes: the format that reads them. */
  readonly product: 'pomerium' | 'agentgateway' | 'toolhive' | 'agenttrail' | 'otlp-json'
  readonly skewUs: number
  /** A tailed file has offsets and keeps its order; what is posted comes in batches in any order. */
  readonly isFile: boolean
}

const agentsMax = 32
const usersMax = 14
const clients = [
  ['claude-code', '2.1.14'],
  ['cursor', '1.7.0'],
  ['codex', '0.46.2'],
  ['vscode', '1.106.1'],
] as const
const skewUsMax = 2_000_000

/** More agents than users: most users have two, some on one kind of client. */
export const makeAgents = (scenario: Scenario): readonly Agent[] =>
  Array.from({ length: agentsMax }, (_, index) => {
    // Agents that share what they choose are the same client.
    const client = clients[((scenario.sharesChosenIds ? index >> 1 : index) * 5 + 1) % clients.length] ?? clients[0]
    const who = scenario.credential === 'login' ? userOf(index) : serviceAccountOf(index)
    return { index, clientName: client[0], clientVersion: client[1], ...who, principal: who.userId }
  })

const userOf = (index: number) => ({
  userId: `idp|user-${index % usersMax}`,
  email: `person${index % usersMax}@acme.test`,
  serviceAccountId: '',
  oauthClientId: `oauth-client-${index}`,
  address: `198.51.100.${index + 1}`,
})

/** Machines that share an account often share an address, too. */
const serviceAccountOf = (index: number) => ({
  userId: `ci-${index % 3}`,
  email: `ci-${index % 3}@acme.test`,
  serviceAccountId: `sa-${index % 3}`,
  oauthClientId: '',
  address: `198.51.100.${(index % 8) + 1}`,
})

/** ToolHive logs no trace id: it stands where the request id arrives. */
export const makeSources = (scenario: Scenario, random: Random): readonly Source[] => {
  const server = scenario.shares === 'requestId' ? 'toolhive' : 'agenttrail'
  return (
    [
      ['proxy-1', 'proxy', 'pomerium', true],
      ['proxy-2', 'proxy', 'pomerium', false],
      ['gateway-1', 'gateway', 'agentgateway', false],
      ['gateway-2', 'gateway', 'agenttrail', true],
      ['server-1', 'server', server, false],
      ['server-2', 'server', 'agenttrail', false],
      ['server-3', 'server', 'agenttrail', false],
      ['trace-1', 'trace', 'otlp-json', false],
    ] as const
  ).map(([name, layer, product, isFile]) => ({
    name,
    layer,
    product,
    isFile,
    skewUs: random.between(-skewUsMax, skewUsMax + 1),
  }))
}

/** An agent's requests go through one proxy. */
export const proxyOf = (agent: Agent, sources: readonly Source[]): Source => sourceOf(agent, sources, 'proxy')

/** The process of a layer that serves an agent. */
export const sourceOf = (agent: Agent, sources: readonly Source[], layer: Source['layer']): Source => {
  const candidates = sources.filter((source) => source.layer === layer)
  return candidates[agent.index % candidates.length] as Source
}
