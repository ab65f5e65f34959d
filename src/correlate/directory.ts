import type { Actor } from './view.ts'

/** An agent as the configuration names it. */
export interface ConfiguredAgent {
  readonly id: string
  readonly name: string
  /** What authenticated layers call it. */
  readonly identities: readonly string[]
}

/** A log written before there was such a setting says nothing of it. */
interface DirectoryOptions {
  readonly agents?: readonly ConfiguredAgent[]
  readonly sessionPerCallClients?: readonly string[]
}

/** What the configuration says of agents and clients. */
export class Directory {
  readonly #agents: ReadonlyMap<string, ConfiguredAgent>
  readonly #sessionPerCall: ReadonlySet<string>

  constructor({ agents = [], sessionPerCallClients = [] }: DirectoryOptions) {
    this.#agents = new Map(agents.flatMap((agent) => agent.identities.map((identity) => [identity, agent] as const)))
    this.#sessionPerCall = new Set(sessionPerCallClients)
  }

  /** The agent that the actor, behind whose login stands the OAuth client `client`, is known as. */
  agentOf(actor: Actor, client: string): ConfiguredAgent | undefined {
    if (this.#agents.size === 0) return undefined
    for (const identity of [actor.agentId, client, actor.serviceAccountId, actor.agentName]) {
      const agent = identity === '' ? undefined : this.#agents.get(identity)
      if (agent !== undefined) return agent
    }
    return undefined
  }

  /** Whether the actor's client opens an MCP session for every call, so that the session's id tells nothing. */
  hasSessionPerCall(actor: Actor, client: string): boolean {
    const known = this.#sessionPerCall
    return known.size > 0 && (known.has(client) || known.has(actor.clientName) || known.has(actor.serviceAccountId))
  }
}
