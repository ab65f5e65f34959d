import { type ActivityEvent, isOfCall } from '../event/event.ts'
import { type Call, callIdOf, isComplete, isMcpCall, isRefusedPage } from './call.ts'
import { Calls } from './calls.ts'
import { Components } from './components.ts'
import { joinReachUs } from './links.ts'
import { Logins } from './logins.ts'
import { bestFit, partitionViews, sortViews } from './partition.ts'
import { RememberedCalls } from './remembered-calls.ts'
import type { Session } from './session.ts'
import { Sessions } from './sessions.ts'
import { Standings } from './standings.ts'
import { UsualLayers } from './usual-layers.ts'
import type { View } from './view.ts'

export interface CorrelatorDeps {
  readonly realm: string
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

/**
 * Events → calls → sessions, for one realm's log. What it holds is a function of the events' set: each flush takes the
 * views that share an id and splits them anew, so neither order nor repetition of arrival shows in the result.
 */
export class Correlator {
  readonly calls: Calls
  readonly logins = new Logins()
  readonly standings: Standings
  readonly sessions: Sessions
  readonly remembered = new RememberedCalls()
  readonly usualLayers = new UsualLayers()
  /** Everything up to here is final, in microseconds. */
  finalThroughUs = Number.NEGATIVE_INFINITY
  lateEvents = 0

  readonly #deps: CorrelatorDeps
  readonly #components: Components

  constructor(deps: CorrelatorDeps) {
    this.#deps = deps
    this.sessions = new Sessions({
      sessionsMax: deps.sessionsMax,
      onMove: (call, sessionId) => this.calls.move(call, sessionId),
      onRetired: deps.onSessionRetired,
    })
    this.standings = new Standings({ realm: deps.realm, logins: this.logins })
    this.calls = new Calls({
      realm: deps.realm,
      sessions: this.sessions,
      standings: this.standings,
      onGone: deps.onGone,
    })
    this.#components = new Components(this.calls.index)
  }

  /** How often more calls shared ids than are looked at together. */
  get sharedIdOverflows(): number {
    return this.#components.overflows
  }

  set sharedIdOverflows(value: number) {
    this.#components.overflows = value
  }

  /** Takes an event in; its effect shows at the next `flush`. */
  add(event: ActivityEvent, options: { readonly tickMs: number; readonly horizonUs: number }): void {
    if (event.kind === 'auth') {
      this.#learn(event)
      return
    }
    if (!isOfCall(event) && event.kind !== 'parse_failure' && !isRefusedPage(event)) return
    // At the bound on live calls what is final may be ahead of the horizon.
    const isLate = event.timeUs <= Math.max(options.horizonUs, this.finalThroughUs)
    if (isLate) this.lateEvents += 1
    const view = this.calls.viewOf(event)
    const near = this.#components.callsNear(view)
    if (this.remembered.size > 0 && this.#recall(near, view)) return
    const live = near.filter((call) => !call.isFinal)
    if (isLate && bestFit(viewsOf(live), view) === -1) {
      if (isMcpCall([view])) this.remembered.add(this.calls.orphan(view, options.tickMs))
      return
    }
    const home = live[0]
    if (home !== undefined && this.#components.join(home, view)) return
    this.#components.wait(this.calls.begin(view.eventId, [view], options.tickMs))
  }

  /** Brings calls and sessions up to date with the events added since. */
  flush(tickMs: number): void {
    for (const { calls, views } of this.#components.take()) this.#split(calls, views, tickMs)
    this.sessions.settle(tickMs)
    for (const call of this.calls.changed) this.#deps.onCall(call)
    this.calls.changed.clear()
  }

  /**
   * Makes final every call that began by `horizonUs` less the reach of a join: whatever arrives in time from now on began
   * after the horizon, and joins nothing that began further before it. Of calls that are younger, the oldest become final
   * where more are live than `callsMax`. Returns whether some did.
   */
  finalise({ horizonUs, callsMax }: { readonly horizonUs: number; readonly callsMax: number }): boolean {
    const throughUs = Math.max(horizonUs - joinReachUs, this.finalThroughUs)
    const { calls, finalThroughUs } = this.calls.live.oldest({ throughUs, callsMax, forcedMax })
    for (const call of calls) this.#finaliseCall(call)
    this.finalThroughUs = finalThroughUs
    return (calls.at(-1)?.timeUs ?? throughUs) > throughUs
  }

  /** Lets go of what has waited for its last layer long enough, and of access lines that were of no call. */
  expire(options: { readonly tickMs: number; readonly horizonUs: number; readonly rememberMs: number }): void {
    const { tickMs, rememberMs } = options
    this.remembered.expire({ tickMs, keepMs: rememberMs, callsMax: this.#deps.rememberedMax }, (call) =>
      this.calls.drop(call),
    )
    this.calls.dropUnclaimed(options.horizonUs - joinReachUs)
    this.logins.expire(options.horizonUs - loginKeepUs)
  }

  /** Rebuilds everything derived after a snapshot was loaded into the tables. */
  reindex(): void {
    this.logins.reindex()
    this.sessions.reindex()
    for (const call of this.calls.table.values()) {
      this.calls.adopt(call)
      if (call.isFinal) this.remembered.add(call)
    }
    this.sessions.adopted()
  }

  #learn(event: ActivityEvent): void {
    for (const session of this.logins.learn(event)) {
      for (const call of this.calls.index.ofLogin(session)) this.#components.wait(call)
    }
  }

  /** Splits the views of calls that share ids into calls anew. */
  #split(before: readonly Call[], views: readonly View[], tickMs: number): void {
    const groups = partitionViews(views)
    const [only] = before
    const [whole] = groups
    // Nearly always: one call, and its views still are one.
    if (before.length === 1 && groups.length === 1 && only !== undefined && whole !== undefined) {
      if (callIdOf(whole) === only.id) {
        this.calls.apply(only, whole, tickMs)
        return
      }
    }
    const known = new Map(before.map((call) => [call.id, call]))
    const calls = groups.map((group) => {
      const id = callIdOf(group)
      const call = known.get(id)
      known.delete(id)
      return call ?? this.calls.begin(id, group, tickMs)
    })
    for (const gone of known.values()) this.calls.close(gone)
    for (const [at, call] of calls.entries()) this.calls.apply(call, groups[at] ?? [], tickMs)
  }

  #finaliseCall(call: Call): void {
    this.calls.table.touch(call.id, call)
    this.calls.live.delete(call)
    const absences = this.usualLayers.judge(call)
    if (absences.length > 0) {
      call.absences = absences
      // Before it is final: what it lacks is something that rules may look for.
      this.#deps.onCall(call)
    }
    call.isFinal = true
    this.sessions.freeze(call)
    this.logins.keep(call.realm, call.actor.authSessionId, call.timeUs)
    this.#deps.onFinal(call)
    if (isComplete(call.views)) this.calls.drop(call)
    else {
      this.calls.index.freeze(call)
      this.remembered.add(call)
    }
  }

  /** A late layer of a call that is final already: the call's row changes, its session and findings do not. */
  #recall(near: readonly Call[], view: View): boolean {
    const final = near.filter((call) => call.isFinal)
    const call = final[bestFit(viewsOf(final), view)]
    if (call === undefined) return false
    this.calls.amend(call, sortViews([...call.views, view]))
    if (isComplete(call.views)) {
      this.remembered.delete(call)
      this.calls.drop(call)
    }
    return true
  }
}

/** More than come between two ticks; one that makes this many final takes a good half second. */
const forcedMax = 50_000

const viewsOf = (calls: readonly Call[]): (readonly View[])[] => calls.map((call) => call.views)

/** A refresh token lives up to 365 days, but a login that was silent for a week is not chained any more: bounded memory. */
const loginKeepUs = 7 * 24 * 3600 * 1_000_000
