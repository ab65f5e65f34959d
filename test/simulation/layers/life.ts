import type { Random } from '../random.ts'
import type { Agent } from './cast.ts'
import type { Scenario } from './scenario.ts'

/** What one agent asks for once, before any layer has written of it. */
export interface TrueRequest {
  readonly timeUs: number
  readonly durationUs: number
  /** Which of the agent's runs it is of: the true session. */
  readonly run: number
  readonly requestId: string
  readonly traceId: string
  readonly spanId: string
  readonly authSessionId: string
  /** `''` before the server has given one, or where there is none. */
  readonly mcpSessionId: string
  /** What the answer of an `initialize` opens: known to layers that log answers. */
  readonly openedSessionId: string
  /** What the agent calls its run; `''` if it does not. */
  readonly explicitSessionId: string
  readonly jsonrpcId: number
  readonly method: string
  readonly server: string
  readonly tool: string
  /** Where it ends, if not at the server. */
  readonly refusedBy: 'proxy' | 'gateway' | null
  /** It went around the proxy. */
  readonly isBypass: boolean
}

export interface TokenIssue {
  readonly timeUs: number
  readonly authSessionId: string
  readonly refreshTokenId: string
  /** `''` for a login. */
  readonly previousRefreshTokenId: string
}

export interface Life {
  readonly requests: readonly TrueRequest[]
  readonly tokens: readonly TokenIssue[]
  readonly runs: number
}

interface LifeOptions {
  readonly agent: Agent
  readonly scenario: Scenario
  readonly random: Random
  readonly startUs: number
  readonly endUs: number
}

const second = 1_000_000
const minute = 60 * second
const tools = [
  'list_issues',
  'get_issue',
  'create_issue',
  'search_code',
  'read_file',
  'post_message',
  'delete_repository',
]
const servers = ['github', 'files', 'slack']

/** Everything one agent does: runs of requests with pauses between them, and the logins behind them. */
export const makeLife = (options: LifeOptions): Life => {
  const life = new AgentLife(options)
  return life.live()
}

/** An agent as its time passes. */
class AgentLife {
  readonly #options: LifeOptions
  readonly #random: Random
  /** What its ids begin with: agents that share what they choose have the same. */
  readonly #chosen: string
  readonly #requests: TrueRequest[] = []
  readonly #tokens: TokenIssue[] = []
  #timeUs: number
  #run = -1
  #refresh = 0
  #mcpSession = ''
  #mcpSessions = 0
  #jsonrpcId = 0
  #traceId = ''

  constructor(options: LifeOptions) {
    this.#options = options
    this.#random = options.random
    this.#timeUs = options.startUs + this.#random.between(0, 20 * minute)
    const { index } = options.agent
    this.#chosen = options.scenario.sharesChosenIds ? `pair-${index >> 1}` : `agent-${index}`
  }

  live(): Life {
    this.#issueToken()
    while (this.#timeUs < this.#options.endUs) {
      this.#run += 1
      this.#liveRun()
      this.#timeUs += this.#pauseBetweenRunsUs()
    }
    return { requests: this.#requests, tokens: this.#tokens, runs: this.#run + 1 }
  }

  #liveRun(): void {
    const { scenario } = this.#options
    if (scenario.mcpSessions === 'perRun') this.#openMcpSession()
    const calls = this.#random.between(3, 14)
    for (let call = 0; call < calls; call += 1) {
      if (scenario.refreshesWithinRuns && this.#random.chance(0.2)) this.#refreshToken()
      if (scenario.mcpSessions === 'perCall') this.#openMcpSession()
      if (scenario.hasExplicitIds && call > 0 && this.#random.chance(0.2)) this.#openMcpSession()
      this.#request({ method: 'tools/call', tool: this.#random.pick(tools) })
      this.#timeUs += this.#pauseUs()
    }
    this.#mcpSession = ''
  }

  /** `initialize` carries no session id yet; its answer gives it. */
  #openMcpSession(): void {
    this.#mcpSession = ''
    this.#jsonrpcId = 0
    this.#mcpSessions += 1
    const openedSessionId = `mcp-${this.#chosen}-${this.#mcpSessions}`
    this.#request({ method: 'initialize', openedSessionId })
    this.#mcpSession = openedSessionId
    this.#timeUs += this.#random.between(200_000, 2 * second)
    if (this.#random.chance(0.5)) {
      this.#request({ method: 'tools/list' })
      this.#timeUs += this.#random.between(200_000, 2 * second)
    }
  }

  #request(of: { readonly method: string; readonly tool?: string; readonly openedSessionId?: string }): void {
    const random = this.#random
    const isToolCall = of.tool !== undefined
    const serial = this.#requests.length
    const isBypass = isToolCall && random.chance(0.04)
    this.#requests.push({
      timeUs: this.#timeUs,
      durationUs: random.chance(0.1) ? random.between(second, 6 * second) : random.between(8_000, 800_000),
      run: this.#run,
      requestId: `req-${this.#chosen}-${serial}`,
      traceId: this.#nextTraceId(),
      spanId: hexOf(random, 16),
      authSessionId: this.#options.agent.serviceAccountId === '' ? this.#authSession() : '',
      mcpSessionId: this.#mcpSession,
      openedSessionId: of.openedSessionId ?? '',
      explicitSessionId: this.#options.scenario.hasExplicitIds ? `run-${this.#chosen}-${this.#run}` : '',
      jsonrpcId: this.#jsonrpcId,
      method: of.method,
      server: random.pick(servers),
      tool: of.tool ?? '',
      refusedBy: isToolCall ? refusal(random, isBypass) : null,
      isBypass,
    })
    this.#jsonrpcId += 1
  }

  #nextTraceId(): string {
    const isSameTurn = this.#options.scenario.hasTurns && this.#traceId !== '' && this.#random.chance(0.7)
    if (!isSameTurn) this.#traceId = hexOf(this.#random, 32)
    return this.#traceId
  }

  #issueToken(): void {
    if (this.#options.agent.serviceAccountId !== '') return
    this.#tokens.push({
      timeUs: this.#timeUs,
      authSessionId: this.#authSession(),
      refreshTokenId: this.#refreshTokenId(this.#refresh),
      previousRefreshTokenId: '',
    })
    this.#timeUs += this.#random.between(second, 3 * second)
  }

  #refreshToken(): void {
    if (this.#options.agent.serviceAccountId !== '') return
    this.#refresh += 1
    this.#tokens.push({
      timeUs: this.#timeUs,
      authSessionId: this.#authSession(),
      refreshTokenId: this.#refreshTokenId(this.#refresh),
      previousRefreshTokenId: this.#refreshTokenId(this.#refresh - 1),
    })
    this.#timeUs += this.#random.between(second, 3 * second)
  }

  #authSession(): string {
    return `login-${this.#options.agent.index}-${this.#refresh}`
  }

  #refreshTokenId(refresh: number): string {
    return `refresh-${this.#options.agent.index}-${refresh}`
  }

  /** Mostly seconds; a model that thinks or a person who reads takes minutes. Runs with an id may rest for an hour. */
  #pauseUs(): number {
    const random = this.#random
    if (this.#options.scenario.mcpSessions === 'perRun' && random.chance(0.02))
      return random.between(31 * minute, 45 * minute)
    if (random.chance(0.08)) return random.between(2 * minute, 20 * minute)
    return random.chance(0.3) ? random.between(100_000, 3 * second) : random.between(3 * second, 40 * second)
  }

  #pauseBetweenRunsUs(): number {
    const isClose = this.#options.scenario.hasCloseRuns && this.#random.chance(0.3)
    return isClose ? this.#random.between(2 * minute, 20 * minute) : this.#random.between(33 * minute, 70 * minute)
  }
}

/** Some of what is asked for is refused, by the proxy or by the gateway that it let through to. */
const refusal = (random: Random, isBypass: boolean): 'proxy' | 'gateway' | null => {
  if (random.chance(0.06)) return isBypass ? 'gateway' : 'proxy'
  return random.chance(0.06) ? 'gateway' : null
}

const hexOf = (random: Random, digits: number): string =>
  Array.from({ length: digits }, () => random.between(0, 16).toString(16)).join('')
