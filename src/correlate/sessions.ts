import { Bindings } from './bindings.ts'
import type { Call } from './call.ts'
import { EntityTable } from './entity-table.ts'
import { IdleRuns } from './idle-runs.ts'
import { isOpening, Openings } from './openings.ts'
import { Ownerless } from './ownerless.ts'
import { Owners } from './owners.ts'
import { copySession, createSession, inherit, isMarked, type Session } from './session.ts'
import { SessionCalls } from './session-calls.ts'
import { addCall } from './session-sum.ts'

export interface SessionsDeps {
  /** Gives the call its session. */
  readonly onMove: (call: Call, sessionId: string) => void
  /** A session that was joined into another: its row is taken back. */
  readonly onRetired: (session: Session) => void
  readonly sessionsMax: number
}

/**
 * Calls → sessions. A session is a set of calls that follows from the calls' rungs and times alone; what arrives within
 * the lateness bound may join sessions or move a boundary, and the superseded id stays as an alias.
 */
export class Sessions {
  readonly table = new EntityTable<Session>('sessions', copySession)
  readonly dirty = new Set<Session>()
  /** Sessions forgotten because there were more than `sessionsMax`. */
  evicted = 0

  readonly idleRuns: IdleRuns
  readonly live = new SessionCalls()

  readonly #deps: SessionsDeps
  readonly #ownerless = new Ownerless((session) => session.frozen.calls > 0 || this.live.has(session))
  readonly #bindings = new Bindings()
  readonly #owners = new Owners()
  readonly #openings = new Openings((session) => this.live.of(session))

  // Derived.
  readonly #byKey = new Map<string, Session>()
  readonly #aliases = new Map<string, Session>()
  readonly #movedTo = new Map<Session, Session>()

  constructor(deps: SessionsDeps) {
    this.#deps = deps
    this.idleRuns = new IdleRuns({
      sessionOf: (id) => this.table.get(id),
      create: (call, tickMs) => this.#create(call, call.rung.key, tickMs),
      assign: (call, session, tickMs) => this.#assign(call, session, tickMs),
    })
  }

  /** By id, or by the id of a session that was joined into it. */
  find(id: string): Session | undefined {
    return this.table.get(id) ?? this.#aliases.get(id)
  }

  isIdle(session: Session, tickMs: number): boolean {
    return (tickMs - session.lastActiveMs) * 1000 > this.idleRuns.idleUs
  }

  markDirty(sessionId: string): void {
    const session = this.table.get(sessionId)
    if (session !== undefined) this.dirty.add(session)
  }

  /** A call that stays where it is counts as something else now. */
  recount(call: Call): void {
    const session = this.table.get(call.sessionId)
    if (session === undefined) return
    this.live.changed(session)
    this.dirty.add(session)
  }

  /** Gives a new or changed call its place; `settle` completes it. */
  place(call: Call, tickMs: number): void {
    if (call.isOrphan) return
    if (!call.rung.isSplitOnIdle) {
      if (!call.rung.isOwned) {
        this.#ownerless.add(call)
        return
      }
      const session = this.#bindings.ownerOf(call.rung.key) ?? this.#withKey(call, call.rung.key, tickMs)
      this.#bindings.add(call, session)
      this.#assign(call, session, tickMs)
      this.#open(session, call.rung.group)
      return
    }
    if (isOpening(call)) this.#openings.add(call)
    this.idleRuns.insert(call)
  }

  /** Takes a call out of everything: it is gone, or is about to be placed anew. */
  remove(call: Call): void {
    this.#ownerless.delete(call)
    this.#openings.delete(call)
    this.idleRuns.remove(call)
    const session = this.table.get(call.sessionId)
    if (session === undefined) return
    this.#bindings.delete(call, session)
    this.live.delete(session, call)
    this.dirty.add(session)
    this.#openings.left(session, call)
    this.#ownerless.unsettle(session)
  }

  /** Brings all sessions up to date with the calls placed and removed since. */
  settle(tickMs: number): void {
    for (const key of this.#bindings.takeUnsettled()) this.#rebind(key, tickMs)
    this.#ownerless.settle((call, owners) => this.#attachOwnerless(call, owners, tickMs))
    // Before the runs: an `initialize` that finds its session is part of no idle run.
    this.#openings.settle((call, session) => this.#attachOpening(call, session, tickMs))
    this.idleRuns.settle(tickMs)
    for (const session of this.dirty) this.#retireIfEmpty(session)
    this.#movedTo.clear()
  }

  /** The call can change no more: it becomes part of what its session adds up to. Called in the order of calls. */
  freeze(call: Call): void {
    const session = this.table.get(call.sessionId)
    this.#openings.delete(call)
    this.#ownerless.delete(call)
    if (session === undefined) return
    this.table.touch(session.id, session)
    session.bound = this.#bindings.freeze(call, session)
    addCall(session.frozen, call)
    if (!isOpening(call)) session.openUs = Math.min(session.openUs, call.timeUs)
    this.live.freeze(session, call)
    if (session.isSplitOnIdle) this.idleRuns.freeze(call, session)
  }

  /** Forgets sessions that nothing can join any more. `onEnd` writes their last row. */
  end(
    options: { readonly tickMs: number; readonly finalThroughUs: number; readonly keepMs: number },
    onEnd: (session: Session) => void,
  ): void {
    this.#openings.expire(options.finalThroughUs)
    for (const session of this.table.values()) {
      if (this.live.has(session) || !this.isIdle(session, options.tickMs)) continue
      if (session.written?.status === 'active') this.dirty.add(session)
      const isJoinable = session.isSplitOnIdle
        ? session.frozen.endUs + this.idleRuns.idleUs >= options.finalThroughUs
        : options.tickMs - session.lastActiveMs < options.keepMs
      if (isJoinable) continue
      onEnd(session)
      this.#forget(session)
    }
  }

  /** Rebuilds what is derived from the tables, after a snapshot was loaded; `adopt` then brings the calls. */
  reindex(): void {
    for (const session of this.table.values()) {
      if (!session.isSplitOnIdle) this.#byKey.set(session.key, session)
      this.#owners.add(session)
      this.#bindings.adopt(session)
      this.#ownerless.addSession(session)
      this.#openings.adopt(session)
      for (const alias of session.aliases) this.#aliases.set(alias, session)
    }
  }

  /** A live call from a snapshot takes its place again, with nothing to settle. */
  adopt(call: Call): void {
    const session = this.table.get(call.sessionId)
    if (session !== undefined) {
      this.live.add(session, call)
      if (!session.isSplitOnIdle) this.#openings.joined(session, call)
    }
    if (!call.rung.isSplitOnIdle) {
      if (!call.rung.isOwned) this.#ownerless.add(call)
      if (session !== undefined) this.#bindings.add(call, session)
      return
    }
    if (isOpening(call)) this.#openings.add(call)
    if (session === undefined || session.isSplitOnIdle) this.idleRuns.insert(call)
  }

  /** Ends what `adopt` began. */
  adopted(): void {
    this.idleRuns.markSettled()
    this.#openings.markSettled()
    this.#ownerless.markSettled()
    this.#bindings.markSettled()
  }

  #withKey(call: Call, key: string, tickMs: number): Session {
    return this.#byKey.get(key) ?? this.#create(call, key, tickMs)
  }

  #create(call: Call, key: string, tickMs: number): Session {
    this.#makeRoom(call.rung.owner)
    const session = createSession(call, key, tickMs)
    this.table.add(session.id, session)
    this.#owners.add(session)
    this.#ownerless.addSession(session)
    if (!session.isSplitOnIdle) this.#byKey.set(session.key, session)
    return session
  }

  /** A session with an id of its own has a call of this login and client: an `initialize` may belong to it. */
  #open(session: Session, group: string): void {
    if (!session.groups.includes(group)) {
      this.table.touch(session.id, session)
      session.groups = [...session.groups, group]
      this.#openings.addSession(group, session)
    }
  }

  #forget(session: Session): void {
    this.table.delete(session.id)
    this.live.forget(session)
    this.dirty.delete(session)
    for (const alias of session.aliases) this.#aliases.delete(alias)
    if (this.#byKey.get(session.key) === session) this.#byKey.delete(session.key)
    this.#openings.forget(session)
    this.#ownerless.forget(session)
    this.#bindings.forget(session)
    this.#owners.delete(session)
    this.idleRuns.forget(session)
  }

  /** At the bound a session that has nothing pending is forgotten; its row stays. */
  #makeRoom(owner: string): void {
    if (this.table.size < this.#deps.sessionsMax) return
    const victim = this.#owners.victim(
      owner,
      (session) => !this.live.has(session) && !this.dirty.has(session) && !isMarked(session),
    )
    if (victim === null) return
    this.#forget(victim)
    this.evicted += 1
  }

  /** The MCP session is part of another explicit session than before, or of none. */
  #rebind(key: string, tickMs: number): void {
    const own = this.#byKey.get(key)
    const owner = this.#bindings.ownerOf(key)
    for (const from of [...(own === undefined ? [] : [own]), ...this.#bindings.sessionsOf(key)]) {
      if (from === owner) continue
      for (const call of [...this.live.of(from)]) {
        if (call.rung.key === key) this.#assign(call, owner ?? this.#withKey(call, key, tickMs), tickMs)
      }
    }
  }

  #assign(call: Call, session: Session, tickMs: number): void {
    this.table.touch(session.id, session)
    session.lastActiveMs = tickMs
    this.dirty.add(session)
    this.live.add(session, call)
    if (!session.isSplitOnIdle) this.#openings.joined(session, call)
    if (call.sessionId === session.id) return
    const before = this.table.get(call.sessionId)
    if (before !== undefined) {
      this.live.delete(before, call)
      this.#openings.left(before, call)
      this.dirty.add(before)
      this.#movedTo.set(before, session)
    }
    this.#deps.onMove(call, session.id)
  }

  /** A session that lost all its calls was one with another: the id lives on as an alias of where they went. */
  #retireIfEmpty(session: Session): void {
    if (session.frozen.calls > 0 || this.live.has(session)) return
    const heir = this.#movedTo.get(session)
    this.#deps.onRetired(session)
    this.#forget(session)
    if (heir === undefined || session.written === null) return
    this.table.touch(heir.id, heir)
    inherit(heir, session)
    for (const alias of heir.aliases) this.#aliases.set(alias, heir)
    this.dirty.add(heir)
  }

  /** A call whose id leads to one principal is that one's; if it leads to several, it is a session by itself. */
  #attachOwnerless(call: Call, owners: readonly Session[], tickMs: number): void {
    const [owner] = owners
    const { key, idKey } = call.rung
    const session =
      owner !== undefined && owners.length === 1
        ? owner
        : this.#withKey(call, owner === undefined && idKey !== '' ? key : `${key}\u0000${call.id}`, tickMs)
    this.#assign(call, session, tickMs)
  }

  /** An `initialize` is part of the session that it opened; where there is none, of its login's calls. */
  #attachOpening(call: Call, opened: Session | null, tickMs: number): void {
    if (opened !== null) {
      if (this.live.of(opened).has(call)) return
      this.idleRuns.remove(call)
      this.#assign(call, opened, tickMs)
      return
    }
    const current = this.table.get(call.sessionId)
    if (current !== undefined && !current.isSplitOnIdle) {
      this.live.delete(current, call)
      this.dirty.add(current)
      this.#deps.onMove(call, '')
    }
    this.idleRuns.insert(call)
  }
}
