import { type AgentKey, cast, type ServerKey, servers } from './cast.ts'
import { decisionLine } from './decision-line.ts'
import { accessLine, authorizeLine, finishedLine, type ProxiedRequest, tokenLine } from './pomerium-lines.ts'
import { createRandomIds, type RandomIds } from './random-ids.ts'
import { type Step, script } from './script.ts'

/** A line of the story's logs and when it was written. */
export interface StoryRecord {
  readonly writtenMs: number
  readonly format: 'pomerium' | 'agenttrail'
  readonly line: string
}

/**
 * The logs of a few minutes at a small company, as its proxy and its MCP gateway write them: two people, four agents, and
 * one agent that does what an issue told it to. The same start gives the same lines, in the order of writing.
 */
export const createStory = (startMs: number): readonly StoryRecord[] => {
  const teller = new Teller(startMs)
  return [...teller.logins(), ...script().flatMap((step) => teller.tell(step))].sort(
    (a, b) => a.writtenMs - b.writtenMs,
  )
}

/** Envoy hands its access lines over about once a second. */
const accessDelayMs = 1_000
const proxyMs = 4

/** Keeps the ids that outlive a step: logins, MCP sessions, the count of JSON-RPC ids. */
class Teller {
  readonly #startMs: number
  readonly #ids: RandomIds
  readonly #logins = new Map<AgentKey, string>()
  readonly #mcpSessions = new Map<string, string>()
  readonly #jsonrpcIds = new Map<string, number>()

  constructor(startMs: number) {
    this.#startMs = startMs
    this.#ids = createRandomIds(Math.floor(startMs / 1000))
  }

  logins(): readonly StoryRecord[] {
    const agents = Object.keys(cast) as AgentKey[]
    return agents.flatMap((key, index) => {
      const agent = cast[key]
      if (agent.oauthClientId === '') return []
      const ids = { requestId: this.#ids.uuid(), authSessionId: this.#ids.uuid(), refreshTokenId: this.#ids.uuid() }
      this.#logins.set(key, ids.authSessionId)
      const writtenMs = this.#startMs + index * 200
      return [{ writtenMs, format: 'pomerium', line: tokenLine(agent, ids, writtenMs) }]
    })
  }

  tell(step: Step): readonly StoryRecord[] {
    const timeMs = this.#startMs + Math.round(step.atSeconds * 1000)
    const request = this.#request(step)
    const durationMs = step.deniedBy === undefined ? this.#ids.between(30, 900) : this.#ids.between(4, 20)
    const records: StoryRecord[] = [
      { writtenMs: timeMs, format: 'pomerium', line: authorizeLine(request, timeMs) },
      { writtenMs: timeMs + 1, format: 'pomerium', line: finishedLine(timeMs, this.#ids.between(900, 2_400) / 1000) },
    ]
    if (step.deniedBy !== 'proxy') records.push(this.#decision(step, request, { timeMs: timeMs + proxyMs, durationMs }))
    const response = { writtenMs: timeMs + durationMs + accessDelayMs, durationMs, ...this.#answer(step) }
    records.push({ writtenMs: response.writtenMs, format: 'pomerium', line: accessLine(request, response) })
    return records
  }

  #request(step: Step): ProxiedRequest {
    const mcpSessionId = this.#mcpSession(step)
    return {
      agent: cast[step.agent],
      server: servers[step.server],
      requestId: this.#ids.uuid(),
      authSessionId: this.#logins.get(step.agent) ?? '',
      mcpSessionId,
      traceparent: `00-${this.#ids.hex(32)}-${this.#ids.hex(16)}-01`,
      method: step.method,
      tool: step.tool ?? '',
      arguments: step.arguments ?? null,
      isDenied: step.deniedBy === 'proxy',
    }
  }

  /** The server gives it in its answer to `initialize`: that request has none yet. */
  #mcpSession(step: Step): string {
    const key = conversationOf(step.agent, step.server)
    if (step.method !== 'initialize') return this.#mcpSessions.get(key) ?? ''
    this.#mcpSessions.set(key, this.#ids.uuid())
    return ''
  }

  #decision(
    step: Step,
    request: ProxiedRequest,
    times: { readonly timeMs: number; readonly durationMs: number },
  ): StoryRecord {
    const key = conversationOf(step.agent, step.server)
    const jsonrpcId = this.#jsonrpcIds.get(key) ?? 0
    this.#jsonrpcIds.set(key, jsonrpcId + 1)
    const line = decisionLine(request, {
      ...times,
      id: this.#ids.uuid(),
      jsonrpcId,
      reason: step.reason ?? '',
      isDenied: step.deniedBy === 'gateway',
      content: step.content ?? '',
    })
    return { writtenMs: times.timeMs + times.durationMs, format: 'agenttrail', line }
  }

  /** A refused MCP request is answered with 200 and a JSON-RPC error, by proxy and gateway alike. */
  #answer(step: Step): { readonly status: number; readonly bytes: number } {
    if (step.method.startsWith('notifications/')) return { status: 202, bytes: 0 }
    return { status: 200, bytes: step.deniedBy === undefined ? this.#ids.between(140, 6_000) : 235 }
  }
}

const conversationOf = (agent: AgentKey, server: ServerKey): string => `${agent} ${server}`
