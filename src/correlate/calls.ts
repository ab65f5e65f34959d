import type { ActivityEvent } from '../event/event.ts'
import { type Call, type CallFacts, createCall, isMcpCall, setFacts } from './call.ts'
import { factsOf, isCountedOtherwise, isPlacedElsewhere, isSubset, traceOf } from './call-facts.ts'
import { CallIndex } from './call-index.ts'
import { EntityTable } from './entity-table.ts'
import type { Rung } from './ladder.ts'
import { LiveCalls } from './live-calls.ts'
import type { Sessions } from './sessions.ts'
import type { Standings } from './standings.ts'
import type { View } from './view.ts'
import { ViewPool } from './view-pool.ts'

export interface CallsDeps {
  readonly realm: string
  readonly sessions: Sessions
  readonly standings: Standings
  /** A call was superseded: its views are another's now. */
  readonly onGone: (call: Call) => void
}

/** The calls that are in memory, each at its place: found by the ids of its views, live, in a session. */
export class Calls {
  /** Calls that can still change, final ones that lack a layer, and access lines whose call is not known yet. */
  readonly table = new EntityTable<Call>('calls', copyCall)
  readonly index = new CallIndex(() => this.table.values())
  readonly live = new LiveCalls()
  /** Those that say something else since somebody looked. */
  readonly changed = new Set<Call>()

  readonly #deps: CallsDeps
  readonly #pool = new ViewPool()
  /** Views that are no call as long as nothing beside them says so. */
  readonly #unclaimed = new Set<Call>()

  constructor(deps: CallsDeps) {
    this.#deps = deps
  }

  viewOf(event: ActivityEvent): View {
    const view = this.#pool.viewOf(event)
    this.index.see(view.pattern)
    return view
  }

  /** New views under an id of their own: no call as long as nobody looked. */
  begin(id: string, views: readonly View[], tickMs: number): Call {
    const call = createCall(id, views, { realm: this.#deps.realm, tickMs })
    this.table.add(id, call)
    this.index.add(call)
    return call
  }

  /** The call consists of these views now. */
  apply(call: Call, group: readonly View[], tickMs: number): void {
    this.table.touch(call.id, call)
    const isSuperset = isSubset(call.views, group)
    const views = isSuperset && group.length === call.views.length ? call.views : group
    const facts = this.#factsOf(views)
    const isCall = isMcpCall(views)
    if (!call.isCall || !isCall || isPlacedElsewhere(call, facts)) {
      this.#displace(call)
      this.#set(call, facts, isSuperset)
      this.#place(call, isCall, tickMs)
      return
    }
    const isRecounted = isCountedOtherwise(call, facts)
    this.#set(call, facts, isSuperset)
    this.changed.add(call)
    if (isRecounted) this.#deps.sessions.recount(call)
    else this.#deps.sessions.markDirty(call.sessionId)
  }

  /** A view of a final call came late: its row says so, but it stays where it is. */
  amend(call: Call, views: readonly View[]): void {
    this.table.touch(call.id, call)
    const { decision, rung, agent } = call
    setFacts(call, { ...this.#factsOf(views), rung, agent })
    if (call.decision !== decision) call.isLateChanged = true
    this.index.add(call)
    this.changed.add(call)
  }

  /** Evidence from before everything that is remembered: a call of its own, left out of sessions and rules. */
  orphan(view: View, tickMs: number): Call {
    const call = this.begin(view.eventId, [view], tickMs)
    setFacts(call, this.#factsOf(call.views))
    call.isCall = true
    call.isFinal = true
    call.isOrphan = true
    this.changed.add(call)
    return call
  }

  /** Its views are other calls' now. */
  close(call: Call): void {
    this.table.touch(call.id, call)
    this.#displace(call)
    if (call.isCall) this.#takeBack(call)
    this.drop(call)
  }

  drop(call: Call): void {
    this.index.delete(call)
    this.#unclaimed.delete(call)
    this.table.delete(call.id)
  }

  /** Lets go of views from before `beforeUs` that were of no call. */
  dropUnclaimed(beforeUs: number): void {
    for (const call of this.#unclaimed) if (call.timeUs <= beforeUs) this.drop(call)
  }

  move(call: Call, sessionId: string): void {
    this.table.touch(call.id, call)
    call.sessionId = sessionId
    this.changed.add(call)
  }

  /** A call of a snapshot takes its place again, and shares with others what it has in common with them. */
  adopt(call: Call): void {
    const { standings, sessions } = this.#deps
    const { views, written, rung, agent } = call
    call.views = views.map((view) => this.#pool.adopt(view))
    call.actor = this.#pool.merge(call.views)
    // The standing is as it was, whatever was forgotten of logins since: a replay must write the same rows.
    const now = standings.of(call.actor, call.timeUs, traceOf(call.views))
    if (isSameRung(now.rung, rung)) call.rung = now.rung
    if (now.agent.agentId === agent.agentId && now.agent.agentName === agent.agentName) call.agent = now.agent
    if (written?.views === views) call.written = { ...written, views: call.views, actor: call.actor }
    this.index.add(call)
    if (call.isFinal) return
    if (!call.isCall) this.#unclaimed.add(call)
    else {
      this.live.add(call)
      sessions.adopt(call)
    }
  }

  #factsOf(views: readonly View[]): CallFacts {
    return factsOf(views, { pool: this.#pool, standings: this.#deps.standings })
  }

  #set(call: Call, facts: CallFacts, isSuperset: boolean): void {
    // Ids lead to calls in order of time, so it must not change under them.
    const isMoved = !isSuperset || facts.timeUs !== call.timeUs
    if (isMoved) this.index.delete(call)
    const before = isMoved ? none : call.views
    setFacts(call, facts)
    this.index.add(call, before)
  }

  #place(call: Call, isCall: boolean, tickMs: number): void {
    if (!isCall) {
      if (call.isCall) this.#takeBack(call)
      call.isCall = false
      this.#unclaimed.add(call)
      return
    }
    if (!call.isCall) call.firstSeenMs = tickMs
    call.isCall = true
    this.live.add(call)
    this.#deps.sessions.place(call, tickMs)
    this.changed.add(call)
  }

  #displace(call: Call): void {
    if (!call.isCall) {
      this.#unclaimed.delete(call)
      return
    }
    this.live.delete(call)
    this.#deps.sessions.remove(call)
  }

  /** There is no such call any more. */
  #takeBack(call: Call): void {
    this.changed.delete(call)
    this.#deps.onGone(call)
    call.sessionId = ''
    call.written = null
  }
}

const none: readonly View[] = []

/** A call's parts are replaced and never changed in place, so that a copy may share them. */
const copyCall = (call: Call): Call => ({ ...call })

const isSameRung = (a: Rung, b: Rung): boolean => a.key === b.key && a.group === b.group && a.boundKey === b.boundKey
