import type { EventKind, Layer } from '../event/event.ts'
import { compareViews } from './order.ts'
import type { Actor, Pattern, View } from './view.ts'

/**
 * How far apart two layers may see the same request, beyond what their clocks can tell apart: 10 s. Longer than any
 * skew between hosts that keep time, shorter than the reuse of an id by an honest client.
 */
const joinWindowUs = 10_000_000

/** How far apart the stated times of two views of one call can be: the window, and both clocks telling only seconds. */
export const joinReachUs = joinWindowUs + 2_000_000

/**
 * Splits the views that share an id into calls, each outermost first. An id alone proves nothing: a client may send the
 * same request id for several requests, and two users may send the same one. So at most one view per layer and kind joins
 * a call, and only where nothing that both state contradicts. The result depends on the set of views, not on arrival.
 */
export const partitionViews = (views: readonly View[]): View[][] => {
  if (views.length === 1) return [[...views]]
  const ordered = [...views].sort(compareRank)
  const calls: View[][] = []
  for (const view of ordered) {
    const home = bestFit(calls, view)
    if (home === -1) calls.push([view])
    else calls[home]?.push(view)
  }
  for (const call of calls) sortViews(call)
  return calls
}

/** Puts the views of one call in the order in which a request passes the layers: outermost first. */
export const sortViews = (views: View[]): View[] => (views.length > 1 ? views.sort(compareDepth) : views)

/** Index of the call that `view` fits best, or −1 if it opens one of its own. */
export const bestFit = (calls: readonly (readonly View[])[], view: View): number => {
  let best = -1
  let bestDistance = Number.POSITIVE_INFINITY
  let bestAgreement = -1
  for (let at = 0; at < calls.length; at += 1) {
    const call = calls[at] ?? []
    const agreement = agreementWith(call, view)
    if (agreement < 0 || agreement < bestAgreement) continue
    const distanceUs = distanceTo(call, view)
    if (distanceUs > joinWindowUs) continue
    // More facts in common first, then nearer in time; equal ones pair up in source order, first to first.
    if (agreement > bestAgreement || distanceUs < bestDistance) {
      best = at
      bestDistance = distanceUs
      bestAgreement = agreement
    }
  }
  return best
}

/** How many facts the view and the call state alike; −1 if the view can be none of the call's. */
const agreementWith = (call: readonly View[], view: View): number => {
  let agreement = 0
  for (const other of call) {
    if (isSameView(other.pattern, view.pattern)) return -1
    const facts = agreementOf(other, view)
    if (facts < 0) return -1
    if (facts > agreement) agreement = facts
  }
  return agreement
}

const distanceTo = (call: readonly View[], view: View): number => {
  let distanceUs = Number.POSITIVE_INFINITY
  for (const other of call) distanceUs = Math.min(distanceUs, distanceBetween(other, view))
  return distanceUs
}

const isSameView = (a: Pattern, b: Pattern): boolean =>
  a.layer === b.layer && a.kind === b.kind && a.product === b.product

/** So far from any agreement that no other facts make up for it. */
const contradiction = -1000

/** How many facts both state alike; negative if they contradict each other in one. */
const agreementOf = (a: View, b: View): number => {
  // A gateway behind the proxy is called by another client: what describes the connection may differ between layers.
  const onDifference = a.pattern.layer === b.pattern.layer ? contradiction : 0
  return (
    agree(a.httpRequestId, b.httpRequestId, contradiction) +
    agree(a.traceId, b.traceId, contradiction) +
    agree(a.jsonrpcId, b.jsonrpcId, contradiction) +
    agreementOfPatterns(a.pattern, b.pattern, onDifference) +
    (a.actor === b.actor ? statedFacts(a.actor) : agreementOfActors(a.actor, b.actor, onDifference))
  )
}

const agreementOfPatterns = (a: Pattern, b: Pattern, onDifference: number): number =>
  agree(a.method, b.method, contradiction) +
  agree(a.tool, b.tool, contradiction) +
  agree(a.routeId, b.routeId, onDifference) +
  agree(a.httpMethod, b.httpMethod, onDifference)

const agreementOfActors = (a: Actor, b: Actor, onDifference: number): number => {
  const email = agree(a.userEmail, b.userEmail, contradiction)
  return (
    email +
    // Two layers may know a user by different ids; the address tells that it is the same.
    agree(a.userId, b.userId, email === 1 ? onDifference : contradiction) +
    agree(a.serviceAccountId, b.serviceAccountId, contradiction) +
    agree(a.authSessionId, b.authSessionId, contradiction) +
    agree(a.mcpSessionId, b.mcpSessionId, onDifference) +
    agree(a.userAgent, b.userAgent, onDifference)
  )
}

const statedFacts = (actor: Actor): number =>
  (actor.userId === '' ? 0 : 1) +
  (actor.userEmail === '' ? 0 : 1) +
  (actor.serviceAccountId === '' ? 0 : 1) +
  (actor.authSessionId === '' ? 0 : 1) +
  (actor.mcpSessionId === '' ? 0 : 1) +
  (actor.userAgent === '' ? 0 : 1)

const agree = (left: string, right: string, onDifference: number): number =>
  left === '' || right === '' ? 0 : left === right ? 1 : onDifference

/** 0 where the two may have begun at the same moment, given what their clocks can tell apart. */
const distanceBetween = (a: View, b: View): number => {
  const gap = Math.abs(a.timeUs - b.timeUs)
  return Math.max(0, gap - blurOf(a.pattern) - blurOf(b.pattern))
}

const blurOf = (pattern: Pattern): number => (pattern.timePrecisionUs > 1 ? pattern.timePrecisionUs : 0)

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
const rankOf = ({ kind, layer }: Pattern): number =>
  kind === 'access' || kind === 'parse_failure' ? 100 + kindRank[kind] : layerRank[layer] * 10 + kindRank[kind]

const compareRank = (a: View, b: View): number => rankOf(a.pattern) - rankOf(b.pattern) || compareViews(a, b)

const compareDepth = (a: View, b: View): number =>
  layerRank[a.pattern.layer] - layerRank[b.pattern.layer] ||
  kindRank[a.pattern.kind] - kindRank[b.pattern.kind] ||
  compareViews(a, b)
