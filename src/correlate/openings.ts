import type { Call } from './call.ts'
import type { Session } from './session.ts'
import { deleteFrom, setOf } from './set-index.ts'

/** A client opens its MCP session with a request that cannot carry the session's id yet. */
const openingMethod = 'initialize'
/** How long before the first call of an MCP session its `initialize` may lie, in microseconds. */
const openingLeadUs = 10_000_000

export const isOpening = (call: Call): boolean => call.method === openingMethod

/**
 * Finds the MCP session that an `initialize` opened: the earliest one of the same login and client whose first call
 * comes within the lead after it.
 */
export class Openings {
  readonly #liveCalls: (session: Session) => ReadonlySet<Call>
  /** Live `initialize` calls by group. */
  readonly #calls = new Map<string, Set<Call>>()
  /** Sessions with an id of their own, by the groups of their calls. */
  readonly #sessions = new Map<string, Set<Session>>()
  readonly #unsettled = new Set<string>()

  constructor(liveCalls: (session: Session) => ReadonlySet<Call>) {
    this.#liveCalls = liveCalls
  }

  add(call: Call): void {
    setOf(this.#calls, call.rung.group).add(call)
    this.#unsettled.add(call.rung.group)
  }

  delete(call: Call): void {
    this.#calls.get(call.rung.group)?.delete(call)
  }

  /** A session of the group may begin at another time now. */
  unsettle(group: string): void {
    if (this.#calls.has(group)) this.#unsettled.add(group)
  }

  addSession(group: string, session: Session): void {
    setOf(this.#sessions, group).add(session)
  }

  forget(session: Session): void {
    for (const group of session.groups) deleteFrom(this.#sessions, group, session)
  }

  /** Matches the groups that changed anew. `onMatch` gives a call its session, or null if it opened none. */
  settle(onMatch: (call: Call, session: Session | null) => void): void {
    for (const group of this.#unsettled) {
      const calls = this.#calls.get(group)
      if (calls === undefined) continue
      for (const call of calls) onMatch(call, this.#openedAfter(group, call))
      if (calls.size === 0) this.#calls.delete(group)
    }
    this.#unsettled.clear()
  }

  /** The calls are as they were when they were matched last: a snapshot was loaded. */
  markSettled(): void {
    this.#unsettled.clear()
  }

  #openedAfter(group: string, call: Call): Session | null {
    let best: Session | null = null
    let bestUs = Number.POSITIVE_INFINITY
    for (const session of this.#sessions.get(group) ?? []) {
      const openUs = this.#openUs(session)
      // A whole-second clock may show the first call in the same second, and a little before.
      if (openUs < call.timeUs - 1_000_000 || openUs > call.timeUs + openingLeadUs) continue
      if (openUs < bestUs || (openUs === bestUs && best !== null && session.key < best.key)) {
        best = session
        bestUs = openUs
      }
    }
    return best
  }

  #openUs(session: Session): number {
    let openUs = session.openUs
    for (const call of this.#liveCalls(session)) {
      if (!isOpening(call) && call.timeUs < openUs) openUs = call.timeUs
    }
    return openUs
  }
}
