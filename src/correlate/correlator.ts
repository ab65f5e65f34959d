import { type ActivityEvent, isOfCall } from '../event/event.ts'
import { type Call, type CallParts, createCall } from './call.ts'
import { callValue, isComplete, isMcpCall, isRefusedPage } from './call-value.ts'
import { type Join, Joins } from './joins.ts'
import { rungOf } from './ladder.ts'
import { LiveCalls } from './live-calls.ts'
import { keyOf, Logins } from './logins.ts'
import { bestCall, joinReachUs, partitionEvents } from './partition.ts'
import { RememberedCalls } from './remembered-calls.ts'
import type { Session } from './session.ts'
import { Sessions } from './sessions.ts'
import { deleteFrom, setOf } from './set-index.ts'
import { agentOf } from './subject.ts'

export interface CorrelatorDeps {
  /** A call is new or says something else than before. */
  readonly onCall: (call: Call) => void
  /** A call was superseded: its events are another's now. */
  readonly onGone: (call: Call) => void
  /** A call can change no more; in the order of calls. */
  readonly onFinal: (call: Call) => void
  readonly onSessionRetired: (session: Session) => void
  readonly sessionsMax: number
  /** Final calls whose access line is still missing are remembered up to this many. */
  readonly rememberedMax: number
}

/** Arguments, results and leftovers are in the store; what calls are made of does not need them. */
const withoutPayload = (event: ActivityEvent): ActivityEvent => {
  event.attributes = noAttributes
  // Only whether there are arguments matters from here on.
  if (event.arguments !== '') event.arguments = '{}'
  event.result = ''
  // Nothing of a call needs it, and digits cut out of a line keep the whole line in memory.
  event.policyVersion = ''
  return event
}
const noAttributes: Readonly<Record<string, string>> = {}

/**
 * Events → calls → sessions, for one realm's log. What it holds is a function of the events' set: each flush takes the
 * events that share an id and splits them anew, so neither order nor repetition of arrival shows in the result.
 */
export class Correlator {
  readonly joins = new Joins()
  readonly logins = new Logins()
  readonly sessions: Sessions
  /** Everything up to here is final, in microseconds. */
  finalThroughUs = Number.NEGATIVE_INFINITY
  lateEvents = 0
  readonly remembered = new RememberedCalls()

  readonly #deps: CorrelatorDeps
  readonly #dirty = new Set<Join>()
  readonly #live = new LiveCalls()
  readonly #byLogin = new Map<string, Set<Join>>()

  constructor(deps: CorrelatorDeps) {
    this.#deps = deps
    this.sessions = new Sessions({
      sessionsMax: deps.sessionsMax,
      onMove: (call, sessionId) => this.#move(call, sessionId),
      onRetired: deps.onSessionRetired,
    })
  }

  get callsLive(): number {
    return this.#live.size
  }

  /** Takes an event in; its effect shows at the next `flush`. */
  add(event: ActivityEvent, options: { readonly tickMs: number; readonly horizonUs: number }): void {
    if (event.kind === 'auth') {
      this.#learn(event)
      return
    }
    if (!isOfCall(event) && event.kind !== 'parse_failure' && !isRefusedPage(event)) return
    const isLate = event.timeUs <= options.horizonUs
    if (isLate) this.lateEvents += 1
    const join = this.joins.of(event, options.tickMs)
    withoutPayload(event)
    if (join.remembered.length > 0 && this.#recall(join, event)) return
    if (isLate && join.calls.every((call) => bestCall([[...call.events]], event) === null)) {
      this.#orphan(join, event, options.tickMs)
      return
    }
    join.events.push(event)
    this.#dirty.add(join)
    if (event.authSessionId !== '') addName(join.logins, keyOf(event.realm, event.authSessionId))
    this.#indexLogins(join)
  }

  /** Brings calls and sessions up to date with the events added since. */
  flush(tickMs: number): void {
    for (const join of this.#dirty) {
      // One that was merged into another meanwhile holds nothing any more.
      if (this.joins.table.get(join.id) === join) this.#split(join, tickMs)
    }
    this.#dirty.clear()
    this.sessions.settle(tickMs)
  }

  /**
   * Makes final every call that began by `horizonUs` less the reach of a join: whatever arrives in time from now on began
   * after the horizon, and joins nothing that began further before it.
   */
  finalise(horizonUs: number): void {
    const throughUs = horizonUs - joinReachUs
    if (throughUs <= this.finalThroughUs) return
    for (const call of this.#live.through(throughUs)) this.#finaliseCall(call)
    this.finalThroughUs = throughUs
  }

  /** The time by which calls must become final so that no more than `callsMax` stay live; null if there are not more. */
  forcedHorizonUs(callsMax: number): number | null {
    const endUs = this.#live.excessEndUs(callsMax)
    return endUs === null ? null : endUs + joinReachUs
  }

  /** Lets go of what has waited for its last layer long enough, and of access lines that were of no call. */
  expire(options: { readonly tickMs: number; readonly horizonUs: number; readonly rememberMs: number }): void {
    const { tickMs, rememberMs } = options
    this.remembered.expire({ tickMs, keepMs: rememberMs, joinsMax: this.#deps.rememberedMax }, (join) => {
      this.joins.table.touch(join.id, join)
      join.remembered = []
      this.#deleteIfDone(join)
    })
    const webBeforeUs = options.horizonUs - joinReachUs
    for (const join of this.joins.table.values()) {
      if (join.calls.length > 0 || join.remembered.length > 0) continue
      if (join.events.every((event) => event.timeUs <= webBeforeUs)) this.#drop(join)
    }
    this.logins.expire(options.horizonUs - loginKeepUs)
  }

  /** The join that holds a call; a call of a snapshot's join is found by it too. */
  joinOf(call: Call): Join | undefined {
    return this.joins.table.get(call.joinId)
  }

  /** Rebuilds everything derived after a snapshot was loaded into the tables. */
  reindex(): void {
    this.joins.reindex()
    this.logins.reindex()
    this.sessions.reindex()
    for (const join of this.joins.table.values()) {
      for (const call of join.calls) {
        this.#live.add(call)
        this.sessions.adopt(call)
      }
      this.#indexLogins(join)
    }
    this.sessions.adopted()
    this.remembered.reindex(this.joins.table.values())
  }

  #learn(event: ActivityEvent): void {
    for (const session of this.logins.learn(event)) {
      for (const join of this.#byLogin.get(keyOf(event.realm, session)) ?? []) this.#dirty.add(join)
    }
  }

  #split(join: Join, tickMs: number): void {
    this.joins.table.touch(join.id, join)
    const before = new Map(join.calls.map((call) => [call.id, call]))
    const calls: Call[] = []
    for (const events of partitionEvents(join.events)) {
      if (!isMcpCall(events)) continue
      const parts = this.#partsOf(events)
      const known = before.get(parts.value.id)
      before.delete(parts.value.id)
      calls.push(known === undefined ? this.#open(join, parts, tickMs) : this.#update(known, parts, tickMs))
    }
    for (const gone of before.values()) this.#close(gone)
    join.calls = calls
    for (const call of calls) this.#deps.onCall(call)
  }

  #partsOf(events: readonly ActivityEvent[]): CallParts {
    const value = callValue(events)
    return { events, value, agent: agentOf(value, this.logins), rung: rungOf(value, this.logins) }
  }

  #open(join: Join, parts: CallParts, tickMs: number): Call {
    const call = createCall(join.id, parts, tickMs)
    this.#live.add(call)
    this.sessions.place(call, tickMs)
    return call
  }

  #update(call: Call, parts: CallParts, tickMs: number): Call {
    const isMoved =
      parts.rung.key !== call.rung.key ||
      parts.rung.group !== call.rung.group ||
      parts.value.timeUs !== call.value.timeUs ||
      parts.value.method !== call.value.method
    if (isMoved) {
      this.#live.delete(call)
      this.sessions.remove(call)
    }
    Object.assign(call, parts)
    if (isMoved) {
      this.#live.add(call)
      this.sessions.place(call, tickMs)
    } else this.sessions.markDirty(call.sessionId)
    return call
  }

  #close(call: Call): void {
    this.#live.delete(call)
    this.sessions.remove(call)
    this.#deps.onGone(call)
  }

  #finaliseCall(call: Call): void {
    const join = this.joinOf(call)
    if (join === undefined) return
    this.joins.table.touch(join.id, join)
    this.#live.delete(call)
    call.isFinal = true
    this.sessions.freeze(call)
    this.logins.keep(call.value.realm, call.value.authSessionId, call.value.timeUs)
    this.#deps.onFinal(call)
    join.calls = join.calls.filter((other) => other !== call)
    join.events = join.events.filter((event) => !call.events.includes(event))
    if (!isComplete(call.events)) this.remembered.add(join, call)
    this.#deleteIfDone(join)
  }

  /** A late layer of a call that is final already: the call's row changes, its session and findings do not. */
  #recall(join: Join, event: ActivityEvent): boolean {
    const call = this.remembered.recall(join, event)
    if (call === null) return false
    this.#deps.onCall(call)
    this.#deleteIfDone(join)
    return true
  }

  /** Evidence from before everything that is remembered: a call of its own, left out of sessions and rules. */
  #orphan(join: Join, event: ActivityEvent, tickMs: number): void {
    if (!isMcpCall([event])) {
      this.#deleteIfDone(join)
      return
    }
    const call = createCall(join.id, this.#partsOf([event]), tickMs)
    call.isFinal = true
    call.isOrphan = true
    this.remembered.add(join, call)
    this.#deps.onCall(call)
  }

  #move(call: Call, sessionId: string): void {
    const join = this.joinOf(call)
    if (join !== undefined) this.joins.table.touch(join.id, join)
    call.sessionId = sessionId
    this.#deps.onCall(call)
  }

  #indexLogins(join: Join): void {
    for (const key of join.logins) setOf(this.#byLogin, key).add(join)
  }

  #deleteIfDone(join: Join): void {
    if (join.events.length > 0 || join.calls.length > 0 || join.remembered.length > 0) return
    this.#drop(join)
  }

  #drop(join: Join): void {
    this.#dirty.delete(join)
    this.joins.delete(join)
    for (const key of join.logins) deleteFrom(this.#byLogin, key, join)
  }
}

const addName = (names: string[], name: string): void => {
  if (!names.includes(name)) names.push(name)
}

/** A refresh token lives up to 365 days, but a login that was silent for a week is not chained any more: bounded memory. */
const loginKeepUs = 7 * 24 * 3600 * 1_000_000
