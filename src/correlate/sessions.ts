import type { Call } from './call.ts'
import { type Entity, EntityTable, fresh } from './entity-table.ts'
import { compareCalls } from './order.ts'
import { addCall, createSession, type Session } from './session.ts'

/** A client opens its MCP session with a request that cannot carry the session's id yet. */
const openingMethod = 'initialize'
/** How long before the first call of an MCP session its `initialize` may lie, in microseconds. */
const openingLeadUs = 10_000_000

/** Where the final calls of a key that is split on idle ended. */
interface IdleTail extends Entity {
  lastUs: number
  sessionId: string
}

export interface SessionsDeps {
  /** Gives the call its session. */
  readonly onMove: (call: Call, sessionId: string) => void
  /** A session that was joined into another: its row is taken back. */
  readonly onRetired: (session: Session) => void
  readonly sessionsMax: number
}

export interface SessionLimits {
  readonly idleUs: number
}

/**
 * Calls → sessions. A session is a set of calls that follows from the calls' rungs and times alone; what arrives within
 * the lateness bound may join sessions or move a boundary, and the superseded id stays as an alias.
 */
export class Sessions {
  readonly table = new EntityTable<Session>('sessions')
  readonly tails = new EntityTable<IdleTail>('idleTails')
  readonly dirty = new Set<Session>()
  /** Sessions forgotten because there were more than `sessionsMax`. */
  evicted = 0

  readonly #deps: SessionsDeps
  #limits: SessionLimits = { idleUs: 30 * 60_000_000 }

  // Derived from the live calls; `reindex` and `place` rebuild them after a snapshot was loaded.
  readonly #byKey = new Map<string, Session>()
  readonly #live = new Map<string, Set<Call>>()
  readonly #idle = new Map<string, Call[]>()
  readonly #opened = new Map<string, Set<Session>>()
  readonly #opening = new Map<string, Set<Call>>()
  readonly #unsettledKeys = new Map<string, number>()
  readonly #unsettledGroups = new Set<string>()
  readonly #aliases = new Map<string, Session>()
  readonly #movedTo = new Map<Session, Session>()

  constructor(deps: SessionsDeps) {
    this.#deps = deps
  }

  setLimits(limits: SessionLimits): void {
    this.#limits = limits
  }

  /** By id, or by the id of a session that was joined into it. */
  find(id: string): Session | undefined {
    return this.table.get(id) ?? this.#aliases.get(id)
  }

  isIdle(session: Session, tickMs: number): boolean {
    return (tickMs - session.lastActiveMs) * 1000 > this.#limits.idleUs
  }

  liveCalls(session: Session): ReadonlySet<Call> {
    return this.#live.get(session.id) ?? noCalls
  }

  /** A call of it says something else now. */
  markDirty(sessionId: string): void {
    const session = this.table.get(sessionId)
    if (session !== undefined) this.dirty.add(session)
  }

  /** Gives a new or changed call its place; `settle` completes it. */
  place(call: Call, tickMs: number): void {
    if (call.isOrphan) return
    if (!call.rung.isSplitOnIdle) {
      const session = this.#byKey.get(call.rung.key) ?? this.#create(call, tickMs)
      this.#assign(call, session, tickMs)
      this.#open(session, call.rung.group)
      return
    }
    if (call.value.method === openingMethod) {
      setOf(this.#opening, call.rung.group).add(call)
      this.#unsettledGroups.add(call.rung.group)
    }
    this.#insertIdle(call)
  }

  /** Takes a call out of everything: it is gone, or is about to be placed anew. */
  remove(call: Call): void {
    this.#opening.get(call.rung.group)?.delete(call)
    this.#removeIdle(call)
    const session = this.table.get(call.sessionId)
    if (session === undefined) return
    this.#live.get(session.id)?.delete(call)
    this.dirty.add(session)
    if (this.#opening.has(call.rung.group)) this.#unsettledGroups.add(call.rung.group)
  }

  /** Brings all sessions up to date with the calls placed and removed since. */
  settle(tickMs: number): void {
    for (const group of this.#unsettledGroups) this.#attachOpenings(group, tickMs)
    this.#unsettledGroups.clear()
    for (const [key, fromUs] of this.#unsettledKeys) this.#split(key, fromUs, tickMs)
    this.#unsettledKeys.clear()
    for (const session of this.dirty) this.#retireIfEmpty(session)
    this.#movedTo.clear()
  }

  /** The call can change no more: it becomes part of what its session adds up to. Called in the order of calls. */
  freeze(call: Call): void {
    const session = this.table.get(call.sessionId)
    this.#opening.get(call.rung.group)?.delete(call)
    if (session === undefined) return
    this.table.touch(session.id, session)
    addCall(session.frozen, call)
    if (call.value.method !== openingMethod) session.openUs = Math.min(session.openUs, call.value.timeUs)
    const live = this.#live.get(session.id)
    live?.delete(call)
    if (live?.size === 0) this.#live.delete(session.id)
    if (session.isSplitOnIdle) this.#freezeTail(call, session)
  }

  /** Forgets sessions that nothing can join any more. `onEnd` writes their last row. */
  end(
    options: { readonly tickMs: number; readonly finalThroughUs: number; readonly keepMs: number },
    onEnd: (session: Session) => void,
  ): void {
    for (const session of this.table.values()) {
      if (this.#live.has(session.id)) continue
      if (!this.isIdle(session, options.tickMs)) continue
      if (session.written?.status === 'active') this.dirty.add(session)
      if (session.isSplitOnIdle) {
        if (session.frozen.endUs + this.#limits.idleUs >= options.finalThroughUs) continue
      } else if (options.tickMs - session.lastActiveMs < options.keepMs) continue
      onEnd(session)
      this.#forget(session)
    }
  }

  /** Rebuilds what is derived from the tables, after a snapshot was loaded; `adopt` then brings the calls. */
  reindex(): void {
    for (const session of this.table.values()) {
      if (!session.isSplitOnIdle) this.#byKey.set(session.key, session)
      for (const group of session.groups) setOf(this.#opened, group).add(session)
      for (const alias of session.aliases) this.#aliases.set(alias, session)
    }
  }

  /** A live call from a snapshot takes its place again, with nothing to settle. */
  adopt(call: Call): void {
    const session = this.table.get(call.sessionId)
    if (session !== undefined) setOf(this.#live, session.id).add(call)
    if (!call.rung.isSplitOnIdle) return
    if (call.value.method === openingMethod) setOf(this.#opening, call.rung.group).add(call)
    if (session === undefined || session.isSplitOnIdle) this.#insertIdle(call)
  }

  /** Ends what `adopt` began. */
  adopted(): void {
    this.#unsettledKeys.clear()
    this.#unsettledGroups.clear()
  }

  #create(call: Call, tickMs: number): Session {
    this.#makeRoom()
    const session = createSession(call, tickMs)
    this.table.add(session.id, session)
    if (!session.isSplitOnIdle) this.#byKey.set(session.key, session)
    return session
  }

  /** A session with an id of its own has a call of this login and client: an `initialize` may belong to it. */
  #open(session: Session, group: string): void {
    if (!session.groups.includes(group)) {
      this.table.touch(session.id, session)
      session.groups = [...session.groups, group]
      setOf(this.#opened, group).add(session)
    }
    if (this.#opening.has(group)) this.#unsettledGroups.add(group)
  }

  #forget(session: Session): void {
    this.table.delete(session.id)
    this.#live.delete(session.id)
    this.dirty.delete(session)
    for (const alias of session.aliases) this.#aliases.delete(alias)
    if (this.#byKey.get(session.key) === session) this.#byKey.delete(session.key)
    for (const group of session.groups) {
      const opened = this.#opened.get(group)
      opened?.delete(session)
      if (opened?.size === 0) this.#opened.delete(group)
    }
    if (this.tails.get(session.key)?.sessionId === session.id) this.tails.delete(session.key)
  }

  /** At the bound the session that is longest known and has nothing pending is forgotten; its row stays. */
  #makeRoom(): void {
    if (this.table.size < this.#deps.sessionsMax) return
    let looked = 0
    for (const session of this.table.values()) {
      looked += 1
      if (!this.#live.has(session.id) && !this.dirty.has(session) && session.flags === 0) {
        this.#forget(session)
        this.evicted += 1
        return
      }
      if (looked >= makeRoomLooksMax) return
    }
  }

  #assign(call: Call, session: Session, tickMs: number): void {
    this.table.touch(session.id, session)
    session.lastActiveMs = tickMs
    this.dirty.add(session)
    setOf(this.#live, session.id).add(call)
    if (call.sessionId === session.id) return
    const before = this.table.get(call.sessionId)
    if (before !== undefined) {
      this.#live.get(before.id)?.delete(call)
      this.dirty.add(before)
      this.#movedTo.set(before, session)
    }
    this.#deps.onMove(call, session.id)
  }

  /** A session that lost all its calls was one with another: the id lives on as an alias of where they went. */
  #retireIfEmpty(session: Session): void {
    if (session.frozen.calls > 0 || (this.#live.get(session.id)?.size ?? 0) > 0) return
    const heir = this.#movedTo.get(session)
    this.#deps.onRetired(session)
    this.#forget(session)
    if (heir === undefined || session.written === null) return
    this.table.touch(heir.id, heir)
    heir.aliases = [...new Set([...heir.aliases, session.id, ...session.aliases])].slice(0, aliasesPerSessionMax)
    for (const alias of heir.aliases) this.#aliases.set(alias, heir)
    heir.flags += session.flags
    this.dirty.add(heir)
  }

  /** The earliest MCP session that opens within the lead after an `initialize` of the same login and client is its own. */
  #attachOpenings(group: string, tickMs: number): void {
    const calls = this.#opening.get(group)
    if (calls === undefined) return
    for (const call of calls) {
      const opened = this.#openedAfter(group, call)
      if (opened === null) {
        const current = this.table.get(call.sessionId)
        if (current !== undefined && !current.isSplitOnIdle) {
          this.#live.get(current.id)?.delete(call)
          this.dirty.add(current)
          this.#deps.onMove(call, '')
        }
        this.#insertIdle(call)
      } else {
        this.#removeIdle(call)
        this.#assign(call, opened, tickMs)
      }
    }
    if (calls.size === 0) this.#opening.delete(group)
  }

  #openedAfter(group: string, call: Call): Session | null {
    let best: Session | null = null
    let bestUs = Number.POSITIVE_INFINITY
    for (const session of this.#opened.get(group) ?? []) {
      const openUs = this.#openUs(session)
      // A whole-second clock may show the first call in the same second, and a little before.
      if (openUs < call.value.timeUs - 1_000_000 || openUs > call.value.timeUs + openingLeadUs) continue
      if (openUs < bestUs || (openUs === bestUs && best !== null && session.key < best.key)) {
        best = session
        bestUs = openUs
      }
    }
    return best
  }

  #openUs(session: Session): number {
    let openUs = session.openUs
    for (const call of this.#live.get(session.id) ?? []) {
      if (call.value.method !== openingMethod && call.value.timeUs < openUs) openUs = call.value.timeUs
    }
    return openUs
  }

  #insertIdle(call: Call): void {
    const calls = this.#idle.get(call.rung.key)
    this.#unsettle(call)
    if (calls === undefined) {
      this.#idle.set(call.rung.key, [call])
      return
    }
    // Nearly always the newest: look from the end.
    let at = calls.length
    while (at > 0) {
      const before = calls[at - 1]
      if (before === call) return
      if (before === undefined || compareCalls(positionOf(before), positionOf(call)) <= 0) break
      at -= 1
    }
    calls.splice(at, 0, call)
  }

  #removeIdle(call: Call): void {
    const calls = this.#idle.get(call.rung.key)
    const at = calls?.lastIndexOf(call) ?? -1
    if (calls === undefined || at < 0) return
    calls.splice(at, 1)
    this.#unsettle(call)
    if (calls.length === 0) this.#idle.delete(call.rung.key)
  }

  #unsettle(call: Call): void {
    const fromUs = this.#unsettledKeys.get(call.rung.key)
    if (fromUs === undefined || call.value.timeUs < fromUs) this.#unsettledKeys.set(call.rung.key, call.value.timeUs)
  }

  /** Cuts the calls of a key, from `fromUs` on, wherever they were silent for longer than the idle time. */
  #split(key: string, fromUs: number, tickMs: number): void {
    const calls = this.#idle.get(key) ?? []
    const start = lowerBound(calls, fromUs)
    const previous = calls[start - 1]
    const tail = this.tails.get(key)
    let lastUs = previous?.value.timeUs ?? tail?.lastUs ?? Number.NEGATIVE_INFINITY
    let session = this.table.get(previous?.sessionId ?? tail?.sessionId ?? '') ?? null
    const used = new Set<Session>(session === null ? [] : [session])
    for (let at = start; at < calls.length; at += 1) {
      const call = calls[at]
      if (call === undefined) continue
      if (session === null || call.value.timeUs - lastUs > this.#limits.idleUs) {
        session = this.#sessionOfRun(calls, at, used) ?? this.#create(call, tickMs)
        used.add(session)
      }
      lastUs = call.value.timeUs
      this.#assign(call, session, tickMs)
    }
  }

  /** The session that the run of calls beginning at `from` already has, if no earlier run keeps it. */
  #sessionOfRun(calls: readonly Call[], from: number, used: ReadonlySet<Session>): Session | null {
    let lastUs = calls[from]?.value.timeUs ?? 0
    for (let at = from; at < calls.length; at += 1) {
      const call = calls[at]
      if (call === undefined || call.value.timeUs - lastUs > this.#limits.idleUs) return null
      lastUs = call.value.timeUs
      const session = this.table.get(call.sessionId)
      if (session !== undefined && session.isSplitOnIdle && session.key === call.rung.key && !used.has(session)) {
        return session
      }
    }
    return null
  }

  #freezeTail(call: Call, session: Session): void {
    const calls = this.#idle.get(call.rung.key)
    const at = calls?.indexOf(call) ?? -1
    if (calls !== undefined && at >= 0) calls.splice(at, 1)
    if (calls?.length === 0) this.#idle.delete(call.rung.key)
    const tail = this.tails.get(call.rung.key)
    if (tail === undefined) {
      this.tails.add(call.rung.key, { ...fresh, lastUs: call.value.timeUs, sessionId: session.id })
      return
    }
    this.tails.touch(call.rung.key, tail)
    tail.lastUs = Math.max(tail.lastUs, call.value.timeUs)
    tail.sessionId = session.id
  }
}

/** How many sessions are looked at for one to forget before the bound is exceeded by one. */
const makeRoomLooksMax = 16
/** More ids than an honest session is joined from. */
const aliasesPerSessionMax = 64
const noCalls: ReadonlySet<Call> = new Set()

const positionOf = (call: Call): { readonly timeUs: number; readonly id: string } => ({
  timeUs: call.value.timeUs,
  id: call.id,
})

/** Index of the first call at or after `timeUs`. */
const lowerBound = (calls: readonly Call[], timeUs: number): number => {
  let low = 0
  let high = calls.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((calls[middle]?.value.timeUs ?? 0) < timeUs) low = middle + 1
    else high = middle
  }
  return low
}

const setOf = <V>(index: Map<string, Set<V>>, key: string): Set<V> => {
  const known = index.get(key)
  if (known !== undefined) return known
  const made = new Set<V>()
  index.set(key, made)
  return made
}
