import type { ActivityEvent, CallOutcome, Decision } from '../event/event.ts'
import { compareEvents } from './order.ts'
import { compareViews } from './partition.ts'
import type { CallRow, LayerView } from './rows.ts'

/** What the events of a call say of it: everything of its row but whose it is and to which session it belongs. */
export type CallValue = Omit<
  CallRow,
  'sessionId' | 'agentId' | 'agentName' | 'agentBasis' | 'isOrphan' | 'isLateChanged' | 'firstWrittenMs' | 'version'
> & {
  readonly serviceAccountId: string
  readonly statedAgentId: string
  readonly statedAgentName: string
  readonly oauthClientId: string
  readonly explicitSessionId: string
  readonly mcpSessionId: string
  readonly authSessionId: string
}

/** Merges one call's events. A function of their set: sorts for itself. */
export const callValue = (events: readonly ActivityEvent[]): CallValue => {
  const views = events.length === 1 ? events : [...events].sort(compareViews)
  const first = earliest(events)
  const timed = mostPrecise(views)
  const decided = decisionOf(views)
  const access = views.find((view) => view.kind === 'access')
  const durationUs = views.find((view) => view.durationUs !== null)?.durationUs ?? null
  return {
    // An event's id names its call: whatever merge or split follows, one of the call's ids or aliases is that event.
    id: first.eventId,
    aliases: views.filter((view) => view !== first).map((view) => view.eventId),
    realm: first.realm,
    timeUs: timed.timeUs,
    endTimeUs: Math.max(...views.map((view) => view.endTimeUs ?? view.timeUs)),
    durationUs,
    userId: pick(views, 'userId'),
    userEmail: pick(views, 'userEmail'),
    clientName: pick(views, 'clientName'),
    clientVersion: pick(views, 'clientVersion'),
    clientAddress: pick(views, 'clientAddress'),
    userAgent: pick(views, 'userAgent'),
    server: pick(views, 'server'),
    method: pick(views, 'method'),
    tool: pick(views, 'tool'),
    toolExposed: pick(views, 'toolExposed'),
    resource: pick(views, 'resource'),
    decision: decided?.decision ?? 'not_evaluated',
    decisionBasis: decided?.decisionBasis ?? '',
    decisionSource: decided?.decisionSource ?? '',
    layers: views.map(layerView),
    outcome: outcomeOf(views, decided?.decision ?? 'not_evaluated'),
    httpStatus: access?.httpStatus ?? views.find((view) => view.httpStatus !== null)?.httpStatus ?? null,
    errorType: pick(views, 'errorType'),
    httpRequestId: pick(views, 'httpRequestId'),
    jsonrpcId: pick(views, 'jsonrpcId'),
    traceId: pick(views, 'traceId'),
    argumentsEventId: views.find((view) => view.arguments !== '')?.eventId ?? '',
    disagreements: disagreementsOf(views),
    serviceAccountId: pick(views, 'serviceAccountId'),
    statedAgentId: pick(views, 'agentId'),
    statedAgentName: pick(views, 'agentName'),
    oauthClientId: pick(views, 'oauthClientId'),
    explicitSessionId: pick(views, 'explicitSessionId'),
    mcpSessionId: pick(views, 'mcpSessionId'),
    authSessionId: pick(views, 'authSessionId'),
  }
}

/**
 * Whether these events are of an MCP request at all: an access line alone may be of any web page. A refused request whose
 * content the proxy did not read is one if it was answered with 401: for a web page Pomerium answers 302, 403 or 404.
 */
export const isMcpCall = (events: readonly ActivityEvent[]): boolean =>
  events.some((event) => event.kind === 'decision' || event.kind === 'request' || isMcpSpan(event)) ||
  (events.some(isRefusedPage) && events.some((event) => event.kind === 'access' && event.httpStatus === 401))

/** A proxy's span of an HTTP request names no method, and is of an MCP request only if something else of it says so. */
const isMcpSpan = (event: ActivityEvent): boolean =>
  event.kind === 'span' && (event.layer !== 'proxy' || event.method !== '')

/** A page that the proxy refused. What it is of shows in the answer. */
export const isRefusedPage = (event: ActivityEvent): boolean =>
  event.kind === 'web' && (event.decision === 'deny' || event.decision === 'escalate')

/** Whether the layers that a call usually has are in: both lines of a proxy, or one view of a gateway without one. */
export const isComplete = (events: readonly ActivityEvent[]): boolean =>
  events.some((event) => event.layer === 'proxy' && (event.kind === 'decision' || event.kind === 'web'))
    ? events.some((event) => event.kind === 'access')
    : events.some((event) => event.layer !== 'proxy')

const earliest = (events: readonly ActivityEvent[]): ActivityEvent =>
  events.reduce((best, event) => (compareEvents(event, best) < 0 ? event : best))

/** The start from the clock that tells most apart; of equals the outermost. */
const mostPrecise = (views: readonly ActivityEvent[]): ActivityEvent =>
  views.reduce((best, view) => (view.timePrecisionUs < best.timePrecisionUs ? view : best))

type TextField = {
  [K in keyof ActivityEvent]: ActivityEvent[K] extends string ? K : never
}[keyof ActivityEvent]

const pick = (views: readonly ActivityEvent[], field: TextField): string => {
  for (const view of views) {
    const value = view[field]
    if (value !== '') return value
  }
  return ''
}

/** A deny at any layer wins; of equal decisions an explicit one says how it is known. */
const restriction: Readonly<Record<Decision, number>> = {
  deny: 5,
  escalate: 4,
  modify: 3,
  allow: 2,
  indeterminate: 1,
  not_evaluated: 0,
}

const decisionOf = (views: readonly ActivityEvent[]): ActivityEvent | null => {
  let best: ActivityEvent | null = null
  for (const view of views) {
    if (view.decision === 'not_evaluated') continue
    const rank = restriction[view.decision] * 2 + (view.decisionBasis === 'explicit' ? 1 : 0)
    const bestRank = best === null ? -1 : restriction[best.decision] * 2 + (best.decisionBasis === 'explicit' ? 1 : 0)
    if (rank > bestRank) best = view
  }
  return best
}

/** A status of 200 is no success: only a layer that says so is believed, the innermost first. */
const outcomeOf = (views: readonly ActivityEvent[], decision: Decision): CallOutcome => {
  if (decision === 'deny' || decision === 'escalate') return 'denied'
  for (let at = views.length - 1; at >= 0; at -= 1) {
    const view = views[at]
    if (view !== undefined && view.kind !== 'access' && view.outcome !== 'unknown') return view.outcome
  }
  return views.find((view) => view.kind === 'access' && view.outcome !== 'unknown')?.outcome ?? 'unknown'
}

const layerView = (view: ActivityEvent): LayerView => ({
  layer: view.layer,
  product: view.product,
  kind: view.kind,
  decision: view.decision,
  basis: view.decisionBasis,
  source: view.decisionSource,
  reasons: view.decisionReasons,
  policyId: view.policyId,
  eventId: view.eventId,
  timeUs: view.timeUs,
  durationUs: view.durationUs,
})

const disagreementsOf = (views: readonly ActivityEvent[]): string[] => {
  const found: string[] = []
  const proxy = views.find((view) => view.layer === 'proxy' && view.decision !== 'not_evaluated')
  const inner = views.find((view) => view.layer !== 'proxy' && view.decision !== 'not_evaluated')
  if (proxy !== undefined && inner !== undefined) {
    if (proxy.decision === 'allow' && inner.decision === 'deny') found.push('denied_behind_proxy')
    if (proxy.decision === 'deny') found.push('reached_upstream_after_deny')
  }
  if (views.some((view) => view.kind === 'parse_failure')) found.push('request_not_parsed_by_proxy')
  return found
}
