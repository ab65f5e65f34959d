import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'
import type { Random } from './random.ts'

/** A record of the simulation is an event as JSON; what formats do is tested elsewhere. */
export interface SimulatedRecord {
  readonly event: ActivityEvent
}

export interface Traffic {
  readonly events: readonly ActivityEvent[]
  /** Request by request: the ids of the events that are one call. */
  readonly calls: readonly (readonly string[])[]
}

const second = 1_000_000
/** Any moment will do; the analyser has no clock. */
export const startUs = 1_764_000_000 * second

/** Agents behind a proxy (whole seconds, two lines a request) and a gateway (microseconds, skewed), some hostile. */
export const makeTraffic = (
  random: Random,
  options: { readonly agents: number; readonly spanSeconds: number },
): Traffic => {
  const events: ActivityEvent[] = []
  const calls: string[][] = []
  let position = 0
  const emit = (event: Partial<ActivityEvent>): string => {
    position += 1
    const eventId = `e${position}`
    const whole = event.timePrecisionUs === second
    const timeUs = whole ? Math.floor((event.timeUs ?? 0) / second) * second : (event.timeUs ?? 0)
    events.push({ ...emptyEvent(), realm: 'default', sourcePosition: position, ...event, eventId, timeUs })
    return eventId
  }
  for (let agent = 0; agent < options.agents; agent += 1) {
    const user = `user-${agent % 5}`
    const who = {
      userId: user,
      userEmail: `${user}@acme.test`,
      clientName: `client-${agent}`,
      userAgent: `client-${agent}/1`,
    }
    const isHostile = agent % 4 === 3
    let login = `login-${agent}`
    let refresh = 0
    let mcp = ''
    let timeUs = startUs + random.between(0, 30 * second)
    emit(token({ login, user, agent, refresh, previous: -1, timeUs }))
    while (timeUs < startUs + options.spanSeconds * second) {
      timeUs += random.between(0, (isHostile ? 8 : 60) * second)
      if (!isHostile && random.chance(0.05)) timeUs += 40 * 60 * second
      if (random.chance(0.08)) {
        refresh += 1
        login = `login-${agent}-${refresh}`
        emit(token({ login, user, agent, refresh, previous: refresh - 1, timeUs }))
        timeUs += 2 * second
      }
      if (random.chance(0.1)) mcp = random.chance(0.5) ? `hmac:k:${agent}-${random.between(0, 1e6)}` : ''
      const request = random.chance(0.05) ? 'reused-by-everyone' : `req-${agent}-${position}`
      const isDenied = random.chance(isHostile ? 0.8 : 0.02)
      const tool = random.pick(['list_issues', 'get_issue', 'create_issue', 'delete_repository'])
      const method = random.chance(0.1) ? 'initialize' : 'tools/call'
      const shared = {
        ...who,
        httpRequestId: request,
        authSessionId: login,
        mcpSessionId: method === 'initialize' ? '' : mcp,
        traceId: `trace-${agent}-${position}`,
        method,
        tool: method === 'tools/call' ? tool : '',
      }
      const proxy = {
        ...shared,
        layer: 'proxy',
        product: 'pomerium',
        source: 'proxy',
        timePrecisionUs: second,
      } as const
      const ids = [
        emit({ ...proxy, kind: 'decision', decision: isDenied ? 'deny' : 'allow', decisionBasis: 'explicit', timeUs }),
      ]
      if (random.chance(0.95)) {
        ids.push(
          emit({
            ...proxy,
            userId: '',
            userEmail: '',
            method: '',
            tool: '',
            kind: 'access',
            timeUs,
            durationUs: 5000,
            httpStatus: 200,
          }),
        )
      }
      if (!isDenied && random.chance(0.8)) {
        const skewUs = random.between(-second, second)
        ids.push(
          emit({
            ...shared,
            layer: 'gateway',
            product: 'agenttrail',
            source: 'gateway',
            kind: 'decision',
            jsonrpcId: `${position}`,
            decision: random.chance(isHostile ? 0.3 : 0.01) ? 'deny' : 'allow',
            decisionBasis: 'explicit',
            timeUs: timeUs + skewUs,
          }),
        )
      }
      calls.push(ids)
    }
  }
  return { events, calls }
}

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
