import type { EventKind } from '../event/event.ts'
import { depthOf } from './depth.ts'
import { isAskedByOther, isSameHop, isSameTool, isSameTrace, linkOf } from './links.ts'
import { compareViews } from './order.ts'
import { principalOf } from './subject.ts'
import type { Actor, Pattern, View } from './view.ts'

/**
 * Splits views into calls, each outermost first. An id alone proves nothing: a client may send the same request id for
 * several requests, and two users may send the same one. So at most one view per layer and kind joins a call, and only
 * where nothing that both state contradicts. The surest pairs join first; the result depends on the set of views, not on
 * their arrival.
 */
export const partitionViews = (views: readonly View[]): View[][] => {
  const [a, b] = views
  if (a === undefined) return []
  if (b === undefined) return [[a]]
  // Nearly always: the two lines of a proxy.
  if (views.length === 2) return pairOf(a, b) === null ? [[a], [b]] : [sortViews([a, b])]
  return partitionMany(views)
}

const partitionMany = (views: readonly View[]): View[][] => {
  const groupOf = new Map<View, View[]>(views.map((view) => [view, [view]]))
  for (const pair of pairsOf([...views].sort(compareViews))) {
    const left = groupOf.get(pair.a) ?? []
    const right = groupOf.get(pair.b) ?? []
    if (left === right || !left.every((one) => right.every((other) => agreementOf(one, other) >= 0))) continue
    for (const view of right) groupOf.set(view, left)
    left.push(...right)
  }
  const calls = [...new Set(groupOf.values())]
  for (const call of calls) sortViews(call)
  return calls
}

/** Puts the views of one call in the order in which a request passes the layers: outermost first. */
export const sortViews = (views: View[]): View[] => (views.length > 1 ? views.sort(compareDepth) : views)

/** Index of the call that `view` fits best, or −1 if it is of none. */
export const bestFit = (calls: readonly (readonly View[])[], view: View): number => {
  let best = -1
  let bestPair: Pair | null = null
  for (const [at, call] of calls.entries()) {
    if (!call.every((other) => agreementOf(other, view) >= 0)) continue
    for (const other of call) {
      const pair = pairOf(other, view)
      if (pair === null || (bestPair !== null && comparePairs(pair, bestPair) >= 0)) continue
      best = at
      bestPair = pair
    }
  }
  return best
}

interface Pair {
  readonly a: View
  readonly b: View
  /** The rank of the link, then how many facts both state alike. */
  readonly weight: number
  readonly distanceUs: number
}

/** The pairs that may be of one call, the surest first. `views` are in order, so equal pairs are, too. */
const pairsOf = (views: readonly View[]): readonly Pair[] => {
  const pairs: Pair[] = []
  for (let left = 0; left < views.length; left += 1) {
    const a = views[left] as View
    for (let right = left + 1; right < views.length; right += 1) {
      const b = views[right] as View
      const pair = pairOf(a, b)
      if (pair !== null) pairs.push(pair)
    }
  }
  if (pairs.length === 1) return pairs
  return withoutAmbiguous(pairs).sort(comparePairs)
}

const pairOf = (a: View, b: View): Pair | null => {
  const link = linkOf(a, b)
  if (link === null) return null
  const distanceUs = distanceBetween(a, b)
  if (distanceUs > link.windowUs) return null
  const agreement = agreementOf(a, b)
  return agreement < 0 ? null : { a, b, weight: link.rank * agreementMax + agreement, distanceUs }
}

/** More facts in common first, then nearer in time; equal ones pair up in source order, first to first. */
const comparePairs = (a: Pair, b: Pair): number => b.weight - a.weight || a.distanceUs - b.distanceUs

/**
 * A view that names no principal is nobody's where as much speaks for one principal's call as for another's, apart from
 * what a client may choose: an id that two users share must not carry what one of them did to the other.
 */
const withoutAmbiguous = (pairs: Pair[]): Pair[] => {
  const claims = new Map<View, { sureness: number; readonly principals: Set<string> }>()
  const claim = (view: View, by: View, sureness: number): void => {
    const principal = principalOf(by.actor)
    if (principal === '' || principalOf(view.actor) !== '') return
    const known = claims.get(view)
    if (known === undefined || sureness > known.sureness) {
      claims.set(view, { sureness, principals: new Set([principal]) })
    } else if (sureness === known.sureness) known.principals.add(principal)
  }
  for (const { a, b, weight } of pairs) {
    const sureness = Math.floor(weight / agreementMax) * agreementMax + unchosenFacts(a, b)
    claim(a, b, sureness)
    claim(b, a, sureness)
  }
  const isNobodys = (view: View): boolean => (claims.get(view)?.principals.size ?? 0) > 1
  return claims.size === 0 ? pairs : pairs.filter(({ a, b }) => !isNobodys(a) && !isNobodys(b))
}

/** Facts in common that no client chooses. */
const unchosenFacts = (a: View, b: View): number =>
  agree(a.actor.authSessionId, b.actor.authSessionId, 0) +
  agree(a.actor.clientAddress, b.actor.clientAddress, 0) +
  (a.pattern.source === b.pattern.source ? 1 : 0)

/** So far from any agreement that no other facts make up for it. */
const contradiction = -1000
/** More than the facts that two views can have in common. */
const agreementMax = 64

/** How many facts both state alike; negative if they cannot be of one call. */
const agreementOf = (a: View, b: View): number => {
  const isSame = isSameHop(a.pattern, b.pattern)
  if (isSame && a.pattern.kind === b.pattern.kind) return contradiction
  // A gateway behind the proxy is called by another client and numbers its requests itself: what describes the
  // connection may differ from hop to hop.
  const onDifference = isSame ? contradiction : 0
  return (
    agree(a.httpRequestId, b.httpRequestId, contradiction) +
    (isSameTrace(a, b) ? 1 : agree(a.traceId, b.traceId, contradiction)) +
    agree(a.jsonrpcId, b.jsonrpcId, isAskedByOther(a.pattern, b.pattern) ? contradiction : onDifference) +
    agreementOfPatterns(a.pattern, b.pattern, onDifference) +
    (a.actor === b.actor ? statedFacts(a.actor) : agreementOfActors(a.actor, b.actor, onDifference))
  )
}

const agreementOfPatterns = (a: Pattern, b: Pattern, onDifference: number): number =>
  (a.source === b.source ? 1 : 0) +
  agree(a.method, b.method, contradiction) +
  (a.tool === '' || b.tool === '' ? 0 : isSameTool(a, b) ? 1 : contradiction) +
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
    agree(a.userAgent, b.userAgent, onDifference) +
    // Which of several addresses of a client a line shows depends on the line.
    agree(a.clientAddress, b.clientAddress, 0)
  )
}

const statedFacts = (actor: Actor): number =>
  stated(actor.userId) +
  stated(actor.userEmail) +
  stated(actor.serviceAccountId) +
  stated(actor.authSessionId) +
  stated(actor.mcpSessionId) +
  stated(actor.userAgent) +
  stated(actor.clientAddress)

const stated = (value: string): number => (value === '' ? 0 : 1)

const agree = (left: string, right: string, onDifference: number): number =>
  left === '' || right === '' ? 0 : left === right ? 1 : onDifference

/** 0 where the two may have begun at the same moment, given what their clocks can tell apart. */
const distanceBetween = (a: View, b: View): number => {
  const gap = Math.abs(a.timeUs - b.timeUs)
  return Math.max(0, gap - blurOf(a.pattern) - blurOf(b.pattern))
}

const blurOf = (pattern: Pattern): number => (pattern.timePrecisionUs > 1 ? pattern.timePrecisionUs : 0)

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

/** Outermost first: the order in which a request passes the layers. */
const compareDepth = (a: View, b: View): number =>
  depthOf(a.pattern) - depthOf(b.pattern) || kindRank[a.pattern.kind] - kindRank[b.pattern.kind] || compareViews(a, b)
