import type { ActivityEvent } from '../event/event.ts'
import { readContent } from '../event/features/content.ts'
import { type Actor, noActor, type Pattern, type View } from './view.ts'

/** Actors and patterns that are remembered for sharing, each in two generations; what is forgotten is only shared less. */
const pooledMax = 20_000
/** Objects under one key that are compared before one more is simply made. */
const sharedPerKeyMax = 16

type PatternSource = Omit<Pattern, 'hasArguments'>

/**
 * Turns events into views whose repeated parts are one object: an agent's calls state the same actor over and over, and
 * the same object means the same content without a comparison.
 */
export class ViewPool {
  readonly #actors = new Generations<Actor[]>()
  readonly #patterns = new Generations<Pattern[]>()
  readonly #merged = new Generations<Map<Actor, Actor>, Actor>()

  viewOf(event: ActivityEvent): View {
    return {
      eventId: event.eventId,
      actor: this.#actor(event),
      pattern: this.#pattern(event, event.arguments !== ''),
      sourcePosition: event.sourcePosition,
      timeUs: event.timeUs,
      endTimeUs: event.endTimeUs,
      durationUs: event.durationUs,
      traceId: event.traceId,
      linkedTraceIds: linksOf(event.linkedTraceIds),
      httpRequestId: event.httpRequestId,
      jsonrpcId: event.jsonrpcId,
      resource: event.resource,
      content: readContent(event),
    }
  }

  /** A view of a snapshot, sharing what repeats again. */
  adopt(view: View): View {
    return { ...view, actor: this.#actor(view.actor), pattern: this.#pattern(view.pattern, view.pattern.hasArguments) }
  }

  /** The actor of several views: what each field's first view states that knows it. */
  merge(views: readonly View[]): Actor {
    let merged = views[0]?.actor ?? noActor
    for (let at = 1; at < views.length; at += 1) {
      const actor = views[at]?.actor
      if (actor !== undefined && actor !== merged) merged = this.#mergeTwo(merged, actor)
    }
    return merged
  }

  #actor(of: Actor): Actor {
    const key = of.mcpSessionId || of.authSessionId || of.userId || of.clientAddress
    const known = this.#actors.get(key)
    if (known === undefined) {
      const actor = actorOf(of)
      this.#actors.set(key, [actor])
      return actor
    }
    for (const actor of known) if (isSameActor(actor, of)) return actor
    const actor = actorOf(of)
    if (known.length < sharedPerKeyMax) known.push(actor)
    return actor
  }

  #pattern(of: PatternSource, hasArguments: boolean): Pattern {
    const key = of.routeId === '' ? of.tool : of.tool === '' ? of.routeId : of.routeId + of.tool
    const known = this.#patterns.get(key)
    if (known === undefined) {
      const pattern = patternOf(of, hasArguments)
      this.#patterns.set(key, [pattern])
      return pattern
    }
    for (const pattern of known) {
      if (pattern.hasArguments === hasArguments && isSamePattern(pattern, of)) return pattern
    }
    const pattern = patternOf(of, hasArguments)
    if (known.length < sharedPerKeyMax) known.push(pattern)
    return pattern
  }

  #mergeTwo(a: Actor, b: Actor): Actor {
    const known = this.#merged.get(a)
    const found = known?.get(b)
    if (found !== undefined) return found
    const merged = mergeActors(a, b)
    if (known === undefined) this.#merged.set(a, new Map([[b, merged]]))
    else if (known.size < sharedPerKeyMax) known.set(b, merged)
    return merged
  }
}

/** A span of a request links the trace before and the one behind it; who links more wants to be found everywhere. */
const linksPerViewMax = 4
const noLinks: readonly string[] = []

const linksOf = (traceIds: readonly string[]): readonly string[] =>
  traceIds.length === 0 ? noLinks : traceIds.slice(0, linksPerViewMax)

/** A map that forgets what was not asked for while as many others were: two generations, no bookkeeping per use. */
class Generations<V, K = string> {
  #young = new Map<K, V>()
  #old = new Map<K, V>()

  get(key: K): V | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: K, value: V): void {
    if (this.#young.size >= pooledMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }
}

const actorOf = (of: Actor): Actor => ({
  userId: of.userId,
  userEmail: of.userEmail,
  serviceAccountId: of.serviceAccountId,
  agentId: of.agentId,
  agentName: of.agentName,
  oauthClientId: of.oauthClientId,
  clientName: of.clientName,
  clientVersion: of.clientVersion,
  clientAddress: of.clientAddress,
  userAgent: of.userAgent,
  explicitSessionId: of.explicitSessionId,
  mcpSessionId: of.mcpSessionId,
  authSessionId: of.authSessionId,
})

const isSameActor = (a: Actor, b: Actor): boolean =>
  a.userId === b.userId &&
  a.userEmail === b.userEmail &&
  a.serviceAccountId === b.serviceAccountId &&
  a.agentId === b.agentId &&
  a.agentName === b.agentName &&
  a.oauthClientId === b.oauthClientId &&
  a.clientName === b.clientName &&
  a.clientVersion === b.clientVersion &&
  a.clientAddress === b.clientAddress &&
  a.userAgent === b.userAgent &&
  a.explicitSessionId === b.explicitSessionId &&
  a.mcpSessionId === b.mcpSessionId &&
  a.authSessionId === b.authSessionId

/** What each field's first view states that knows it. */
const mergeActors = (a: Actor, b: Actor): Actor => {
  const merged: Record<keyof Actor, string> = { ...a }
  for (const field of actorFields) if (merged[field] === '') merged[field] = b[field]
  return isSameActor(merged, a) ? a : merged
}

const actorFields = Object.keys(noActor) as (keyof Actor)[]

const isSamePattern = (a: Pattern, b: PatternSource): boolean =>
  a.tool === b.tool &&
  a.server === b.server &&
  a.decision === b.decision &&
  a.httpStatus === b.httpStatus &&
  a.kind === b.kind &&
  a.layer === b.layer &&
  a.routeId === b.routeId &&
  a.outcome === b.outcome &&
  isSameSource(a, b) &&
  isSameRequest(a, b) &&
  isSameVerdict(a, b)

const isSameSource = (a: Pattern, b: PatternSource): boolean =>
  a.source === b.source && a.product === b.product && a.timePrecisionUs === b.timePrecisionUs

const isSameRequest = (a: Pattern, b: PatternSource): boolean =>
  a.method === b.method && a.toolExposed === b.toolExposed && a.httpMethod === b.httpMethod

const isSameVerdict = (a: Pattern, b: PatternSource): boolean =>
  a.decisionBasis === b.decisionBasis &&
  a.decisionSource === b.decisionSource &&
  a.policyId === b.policyId &&
  a.errorType === b.errorType &&
  a.decisionReasons.length === b.decisionReasons.length &&
  a.decisionReasons.every((reason, at) => reason === b.decisionReasons[at])

const patternOf = (of: PatternSource, hasArguments: boolean): Pattern => ({
  layer: of.layer,
  kind: of.kind,
  product: of.product,
  source: of.source,
  timePrecisionUs: of.timePrecisionUs,
  method: of.method,
  tool: of.tool,
  toolExposed: of.toolExposed,
  server: of.server,
  routeId: of.routeId,
  httpMethod: of.httpMethod,
  decision: of.decision,
  decisionBasis: of.decisionBasis,
  decisionSource: of.decisionSource,
  decisionReasons: of.decisionReasons,
  policyId: of.policyId,
  outcome: of.outcome,
  errorType: of.errorType,
  httpStatus: of.httpStatus,
  hasArguments,
})
