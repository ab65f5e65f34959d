import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'
import type { Random } from './random.ts'

export interface Traffic {
  readonly events: readonly ActivityEvent[]
  /** How far the hasty gateway's clock is ahead. */
  readonly aheadUs: number
}

const second = 1_000_000
/** Any moment will do; the analyser has no clock. */
export const startUs = 1_764_000_000 * second

export interface TrafficOptions {
  readonly agents: number
  readonly spanSeconds: number
  /** All sources are silent for this long in the middle. */
  readonly silenceSeconds: number
  /** How far the clock of one of two gateways is ahead. */
  readonly aheadSeconds: number
}

/** The gateway whose clock may be ahead: a few agents' requests go through it. */
export const hastySource = 'hasty-gateway'

/** Agents behind a proxy (whole seconds, two lines a request) and gateways (microseconds, skewed), some hostile. */
export const makeTraffic = (random: Random, options: TrafficOptions): Traffic => {
  const recorder = new Recorder()
  for (let agent = 0; agent < options.agents; agent += 1) {
    makeAgent(agent, { random, recorder, endUs: startUs + options.spanSeconds * second })
  }
  const silenceFromUs = startUs + (options.spanSeconds / 2) * second
  const events = recorder.events.map((event): ActivityEvent => {
    const aheadUs = event.source === hastySource ? options.aheadSeconds * second : 0
    const silenceUs = event.timeUs < silenceFromUs ? 0 : options.silenceSeconds * second
    return { ...event, timeUs: event.timeUs + silenceUs + aheadUs }
  })
  return { events, aheadUs: options.aheadSeconds * second }
}

/** When the event really happened, whatever its source's clock says. */
export const happenedUs = (traffic: Traffic, event: ActivityEvent): number =>
  event.timeUs - (event.source === hastySource ? traffic.aheadUs : 0)

/** Gives events their ids and positions, and their times the precision of the clock that tells them. */
class Recorder {
  readonly events: ActivityEvent[] = []

  get position(): number {
    return this.events.length
  }

  emit(event: Partial<ActivityEvent>): void {
    const sourcePosition = this.events.length + 1
    const eventId = `e${sourcePosition}`
    const isWhole = event.timePrecisionUs === second
    const timeUs = isWhole ? Math.floor((event.timeUs ?? 0) / second) * second : (event.timeUs ?? 0)
    this.events.push({ ...emptyEvent(), realm: 'default', sourcePosition, ...event, eventId, timeUs })
  }
}

interface Stage {
  readonly random: Random
  readonly recorder: Recorder
  readonly endUs: number
}

/** One agent's requests: it pauses, refreshes its login and changes its MCP session now and then. */
const makeAgent = (agent: number, { random, recorder, endUs }: Stage): void => {
  const user = `user-${agent % 5}`
  const isHostile = agent % 4 === 3
  let login = `login-${agent}`
  let refresh = 0
  let mcp = ''
  let timeUs = startUs + random.between(0, 30 * second)
  recorder.emit(token({ login, user, agent, refresh, previous: -1, timeUs }))
  while (timeUs < endUs) {
    timeUs += pauseUs(random, isHostile)
    if (random.chance(0.08)) {
      refresh += 1
      login = `login-${agent}-${refresh}`
      recorder.emit(token({ login, user, agent, refresh, previous: refresh - 1, timeUs }))
      timeUs += 2 * second
    }
    if (random.chance(0.1)) mcp = random.chance(0.5) ? `hmac:k:${agent}-${random.between(0, 1e6)}` : ''
    makeRequest({ agent, user, isHostile, login, mcp, timeUs }, random, recorder)
  }
}

/** A hostile agent hurries; another one is silent for longer than the idle time now and then. */
const pauseUs = (random: Random, isHostile: boolean): number => {
  if (isHostile) return random.between(0, 8 * second)
  return random.between(0, 60 * second) + (random.chance(0.05) ? 40 * 60 * second : 0)
}

interface RequestBy {
  readonly agent: number
  readonly user: string
  readonly isHostile: boolean
  readonly login: string
  readonly mcp: string
  readonly timeUs: number
}

/** The events of one request: the proxy's decision, mostly its access line, and what a gateway behind it says. */
const makeRequest = (by: RequestBy, random: Random, recorder: Recorder): void => {
  const { agent, isHostile, timeUs } = by
  const place = recorder.position
  const request = random.chance(0.05) ? 'reused-by-everyone' : `req-${agent}-${place}`
  const isDenied = random.chance(isHostile ? 0.8 : 0.02)
  const tool = random.pick(['list_issues', 'get_issue', 'create_issue', 'delete_repository'])
  const isInitialize = random.chance(0.1)
  const shared = {
    userId: by.user,
    userEmail: `${by.user}@acme.test`,
    clientName: `client-${agent}`,
    userAgent: `client-${agent}/1`,
    httpRequestId: request,
    authSessionId: by.login,
    traceId: `trace-${agent}-${place}`,
    ...(isInitialize
      ? { mcpSessionId: '', method: 'initialize', tool: '' }
      : { mcpSessionId: by.mcp, method: 'tools/call', tool }),
  }
  const proxy = { ...shared, ...proxyLine, timeUs }
  const decision = isDenied ? 'deny' : 'allow'
  recorder.emit({ ...proxy, kind: 'decision', decision, decisionBasis: 'explicit' })
  if (random.chance(0.95)) recorder.emit({ ...proxy, ...accessLine })
  if (!isDenied && random.chance(0.8)) {
    // The id of a request within its connection: any number that its views share.
    const view = { ...shared, ...gatewayView, jsonrpcId: `${recorder.position}` }
    const source = agent % 4 === 1 ? hastySource : 'gateway'
    recorder.emit({ ...view, source, ...judgedBehind(timeUs, isHostile, random) })
  }
}

/** The gateway's clock is up to a second off, and it refuses some of what the proxy let through. */
const judgedBehind = (timeUs: number, isHostile: boolean, random: Random) =>
  ({
    timeUs: timeUs + random.between(-second, second),
    decision: random.chance(isHostile ? 0.3 : 0.01) ? 'deny' : 'allow',
  }) as const

const proxyLine = { layer: 'proxy', product: 'pomerium', source: 'proxy', timePrecisionUs: second } as const

/** An access line knows neither the user nor what was asked for. */
const accessLine = {
  kind: 'access',
  userId: '',
  userEmail: '',
  method: '',
  tool: '',
  durationUs: 5000,
  httpStatus: 200,
} as const

const gatewayView = {
  layer: 'gateway',
  product: 'agenttrail',
  kind: 'decision',
  decisionBasis: 'explicit',
} as const

const token = (of: {
  readonly login: string
  readonly user: string
  readonly agent: number
  readonly refresh: number
  readonly previous: number
  readonly timeUs: number
}): Partial<ActivityEvent> => ({
  kind: 'auth',
  layer: 'proxy',
  product: 'pomerium',
  source: 'proxy',
  timePrecisionUs: second,
  timeUs: of.timeUs,
  userId: of.user,
  authSessionId: of.login,
  oauthClientId: `oauth-${of.agent}`,
  refreshTokenId: `rt-${of.agent}-${of.refresh}`,
  previousRefreshTokenId: of.previous < 0 ? '' : `rt-${of.agent}-${of.previous}`,
})
