import type { ActivityEvent, EventKind, Layer } from '../event/event.ts'
import { compareEvents } from './order.ts'

/**
 * How far apart two layers may see the same request, beyond what their clocks can tell apart: 10 s. Longer than any
 * skew between hosts that keep time, shorter than the reuse of an id by an honest client.
 */
const joinWindowUs = 10_000_000

/** How far apart the stated times of two views of one call can be: the window, and both clocks telling only seconds. */
export const joinReachUs = joinWindowUs + 2_000_000

/**
 * Splits the events that share an id into calls. An id alone proves nothing: a client may send the same request id for
 * several requests, and two users may send the same one. So at most one event per layer and kind joins a call, and only
 * where nothing that both state contradicts. The result depends on the set of events, not on the order of arrival.
 */
export const partitionEvents = (events: readonly ActivityEvent[]): ActivityEvent[][] => {
  if (events.length === 1) return [[...events]]
  const ordered = [...events].sort((a, b) => rankOf(a) - rankOf(b) || compareEvents(a, b))
  const calls: ActivityEvent[][] = []
  for (const event of ordered) {
    const home = bestCall(calls, event)
    if (home === null) calls.push([event])
    else home.push(event)
  }
  return calls
}

/** The call that `event` fits best, or null if it opens one of its own. */
export const bestCall = (calls: readonly ActivityEvent[][], event: ActivityEvent): ActivityEvent[] | null => {
  let best: ActivityEvent[] | null = null
  let bestDistance = Number.POSITIVE_INFINITY
  let bestAgreement = -1
  for (const call of calls) {
    const fit = fitOf(call, event)
    if (fit === null) continue
    // More facts in common first, then nearer in time; equal ones pair up in source order, first to first.
    if (fit.agreement > bestAgreement || (fit.agreement === bestAgreement && fit.distanceUs < bestDistance)) {
      best = call
      bestDistance = fit.distanceUs
      bestAgreement = fit.agreement
    }
  }
  return best
}

const fitOf = (
  call: readonly ActivityEvent[],
  event: ActivityEvent,
): { readonly agreement: number; readonly distanceUs: number } | null => {
  let agreement = 0
  let distanceUs = Number.POSITIVE_INFINITY
  for (const other of call) {
    if (isSameView(other, event)) return null
    const facts = agreementOf(other, event)
    if (facts < 0) return null
    agreement = Math.max(agreement, facts)
    distanceUs = Math.min(distanceUs, distanceBetween(other, event))
  }
  return distanceUs <= joinWindowUs ? { agreement, distanceUs } : null
}

const isSameView = (a: ActivityEvent, b: ActivityEvent): boolean =>
  a.layer === b.layer && a.kind === b.kind && a.product === b.product

/** Fields that two views of one request cannot disagree on, where both know them. */
const sharedFacts = [
  'userId',
  'userEmail',
  'serviceAccountId',
  'authSessionId',
  'mcpSessionId',
  'traceId',
  'jsonrpcId',
  'method',
  'tool',
  'httpRequestId',
  'httpMethod',
  'userAgent',
  'routeId',
] as const satisfies readonly (keyof ActivityEvent)[]

/** How many facts both state alike; −1 if they contradict each other in one. */
const agreementOf = (a: ActivityEvent, b: ActivityEvent): number => {
  let agreement = 0
  for (const field of sharedFacts) {
    const left = a[field]
    if (left === '') continue
    const right = b[field]
    if (right === '') continue
    if (left === right) agreement += 1
    else if (!isExempt(field, a, b)) return -1
  }
  return agreement
}

/** A gateway behind the proxy is called by another client: what describes the connection may differ between layers. */
const isExempt = (field: (typeof sharedFacts)[number], a: ActivityEvent, b: ActivityEvent): boolean =>
  a.layer !== b.layer &&
  (field === 'userAgent' ||
    field === 'httpMethod' ||
    field === 'routeId' ||
    field === 'mcpSessionId' ||
    (field === 'userId' && a.userEmail !== '' && a.userEmail === b.userEmail))

/** 0 where the two may have begun at the same moment, given what their clocks can tell apart. */
const distanceBetween = (a: ActivityEvent, b: ActivityEvent): number => {
  const gap = Math.abs(a.timeUs - b.timeUs)
  const blur = (a.timePrecisionUs > 1 ? a.timePrecisionUs : 0) + (b.timePrecisionUs > 1 ? b.timePrecisionUs : 0)
  return Math.max(0, gap - blur)
}

const layerRank: Readonly<Record<Layer, number>> = { proxy: 0, gateway: 1, server: 2, trace: 3 }
const kindRank: Readonly<Record<EventKind, number>> = {
  decision: 0,
  request: 1,
  span: 2,
  access: 3,
  parse_failure: 4,
  auth: 5,
  web: 6,
  admin: 7,
  workflow: 8,
}

/** Views that know the request best come first and open calls; access lines and parse failures find theirs. */
const rankOf = (event: ActivityEvent): number =>
  event.kind === 'access' || event.kind === 'parse_failure'
    ? 100 + kindRank[event.kind]
    : layerRank[event.layer] * 10 + kindRank[event.kind]

/** Outermost first: the order in which a request passes the layers. */
export const compareViews = (a: ActivityEvent, b: ActivityEvent): number =>
  layerRank[a.layer] - layerRank[b.layer] || kindRank[a.kind] - kindRank[b.kind] || compareEvents(a, b)
