import type { Call } from './call.ts'
import { compareCalls, compareText } from './order.ts'
import type { Session } from './session.ts'
import { deleteFrom, setOf } from './set-index.ts'

/** A client opens its MCP session with a request that cannot carry the session's id yet. */
const openingMethod = 'initialize'
/** How long before the first call of an MCP session its `initialize` may lie, in microseconds. */
const openingLeadUs = 10_000_000
/** A whole-second clock may show the first call in the same second, and a little before. */
const blurUs = 1_000_000
const secondUs = 1_000_000

export const isOpening = (call: Call): boolean => call.method === openingMethod

/** What shares a login and client, by the second it begins in: a client may open a session for each of its calls. */
interface Group {
  /** Live `initialize` calls. */
  readonly calls: Map<number, Set<Call>>
  /** Sessions with an id of their own, by their first call. */
  readonly sessions: Map<number, Set<Session>>
  /** Seconds whose calls must be matched anew. */
  readonly touched: Set<number>
}

/**
 * Finds the MCP session that an `initialize` opened: the earliest one of the same login and client whose first call
 * comes within the lead after it. Only the calls near a session whose start moved are matched anew.
 */
export class Openings {
  readonly #liveCalls: (session: Session) => ReadonlySet<Call>
  readonly #groups = new Map<string, Group>()
  /** When each session begins, as its groups have it. */
  readonly #starts = new Map<Session, number>()
  /** Sessions that lost the call that they began with. */
  readonly #stale = new Set<Session>()
  readonly #touched = new Set<Group>()

  constructor(liveCalls: (session: Session) => ReadonlySet<Call>) {
    this.#liveCalls = liveCalls
  }

  add(call: Call): void {
    const group = this.#group(call.rung.group)
    setOf(group.calls, secondOf(call.timeUs)).add(call)
    this.#touch(group, secondOf(call.timeUs))
  }

  delete(call: Call): void {
    if (!isOpening(call)) return
    const group = this.#groups.get(call.rung.group)
    if (group === undefined) return
    deleteFrom(group.calls, secondOf(call.timeUs), call)
    this.#dropIfEmpty(call.rung.group, group)
  }

  /** The session has calls of one more group. */
  addSession(name: string, session: Session): void {
    const startUs = this.#starts.get(session)
    if (startUs === undefined) this.#begin(session, session.openUs)
    else this.#enter(this.#group(name), session, startUs)
  }

  /** A session of a snapshot; its live calls join it then. */
  adopt(session: Session): void {
    if (session.groups.length > 0) this.#begin(session, session.openUs)
  }

  /** A call became one of the session's. */
  joined(session: Session, call: Call): void {
    if (isOpening(call)) return
    const startUs = this.#starts.get(session)
    if (startUs === undefined) this.#begin(session, Math.min(session.openUs, call.timeUs))
    else if (call.timeUs < startUs) this.#move(session, call.timeUs)
  }

  /** A call is none of the session's any more. */
  left(session: Session, call: Call): void {
    if (this.#starts.get(session) === call.timeUs) this.#stale.add(session)
  }

  forget(session: Session): void {
    this.#stale.delete(session)
    const startUs = this.#starts.get(session)
    if (startUs === undefined) return
    for (const name of session.groups) this.#leave(name, session, startUs)
    this.#starts.delete(session)
  }

  /** Matches what changed anew. `onMatch` gives a call its session, or null if it opened none. */
  settle(onMatch: (call: Call, session: Session | null) => void): void {
    for (const session of this.#stale) this.#move(session, this.#startOf(session))
    this.#stale.clear()
    for (const group of this.#touched) {
      const sorted = new Map<number, readonly Session[]>()
      // In an order that a replay has, too.
      const calls = [...group.touched].flatMap((second) => [...(group.calls.get(second) ?? [])]).sort(compareCalls)
      group.touched.clear()
      for (const call of calls) onMatch(call, this.#openedAfter(group, call, sorted))
    }
    this.#touched.clear()
  }

  /** The calls are as they were when they were matched last: a snapshot was loaded. */
  markSettled(): void {
    for (const group of this.#touched) group.touched.clear()
    this.#touched.clear()
    this.#stale.clear()
  }

  /** Lets go of sessions that began too early for any call from after `finalThroughUs`. */
  expire(finalThroughUs: number): void {
    for (const [session, startUs] of this.#starts) if (startUs < finalThroughUs - blurUs) this.forget(session)
  }

  #group(name: string): Group {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const group: Group = { calls: new Map(), sessions: new Map(), touched: new Set() }
    this.#groups.set(name, group)
    return group
  }

  #touch(group: Group, second: number): void {
    group.touched.add(second)
    this.#touched.add(group)
  }

  #begin(session: Session, startUs: number): void {
    this.#starts.set(session, startUs)
    for (const name of session.groups) this.#enter(this.#group(name), session, startUs)
  }

  #move(session: Session, startUs: number): void {
    const before = this.#starts.get(session)
    if (before === undefined || before === startUs) return
    for (const name of session.groups) this.#leave(name, session, before)
    this.#begin(session, startUs)
  }

  #enter(group: Group, session: Session, startUs: number): void {
    setOf(group.sessions, secondOf(startUs)).add(session)
    this.#touchNear(group, startUs)
  }

  #leave(name: string, session: Session, startUs: number): void {
    const group = this.#groups.get(name)
    if (group === undefined) return
    deleteFrom(group.sessions, secondOf(startUs), session)
    this.#touchNear(group, startUs)
    this.#dropIfEmpty(name, group)
  }

  /** The calls that a session which begins then may have been opened by. */
  #touchNear(group: Group, startUs: number): void {
    if (group.calls.size === 0) return
    const last = secondOf(startUs + blurUs)
    for (let second = secondOf(startUs - openingLeadUs); second <= last; second += 1) {
      if (group.calls.has(second)) this.#touch(group, second)
    }
  }

  #dropIfEmpty(name: string, group: Group): void {
    if (group.calls.size === 0 && group.sessions.size === 0) this.#groups.delete(name)
  }

  #startOf(session: Session): number {
    let startUs = session.openUs
    for (const call of this.#liveCalls(session)) {
      if (!isOpening(call) && call.timeUs < startUs) startUs = call.timeUs
    }
    return startUs
  }

  #openedAfter(group: Group, call: Call, sorted: Map<number, readonly Session[]>): Session | null {
    const fromUs = call.timeUs - blurUs
    const throughUs = call.timeUs + openingLeadUs
    for (let second = secondOf(fromUs); second <= secondOf(throughUs); second += 1) {
      const began = sorted.get(second) ?? this.#sortedIn(group, second)
      sorted.set(second, began)
      const first = began.find((session) => this.#startIn(session) >= fromUs)
      if (first !== undefined) return this.#startIn(first) <= throughUs ? first : null
    }
    return null
  }

  #sortedIn(group: Group, second: number): readonly Session[] {
    return [...(group.sessions.get(second) ?? [])].sort(
      (a, b) => this.#startIn(a) - this.#startIn(b) || compareText(a.key, b.key),
    )
  }

  #startIn(session: Session): number {
    return this.#starts.get(session) ?? Number.POSITIVE_INFINITY
  }
}

const secondOf = (timeUs: number): number => Math.floor(timeUs / secondUs)
