import type { Call } from './call.ts'
import type { Session } from './session.ts'
import { deleteFrom, setOf } from './set-index.ts'

/**
 * Calls that carry a session's id and no principal: a span, a log without users. They belong to the one principal whose
 * session has the id; where two principals' sessions have it, to neither.
 */
export class Ownerless {
  readonly #hasCalls: (session: Session) => boolean
  /** Live calls without a principal, and sessions with one, by the id that they carry. */
  readonly #calls = new Map<string, Set<Call>>()
  readonly #sessions = new Map<string, Set<Session>>()
  readonly #unsettled = new Set<string>()

  constructor(hasCalls: (session: Session) => boolean) {
    this.#hasCalls = hasCalls
  }

  add(call: Call): void {
    setOf(this.#calls, call.rung.idKey).add(call)
    this.#unsettled.add(call.rung.idKey)
  }

  delete(call: Call): void {
    deleteFrom(this.#calls, call.rung.idKey, call)
  }

  addSession(session: Session): void {
    if (session.ownedId === '') return
    setOf(this.#sessions, session.ownedId).add(session)
    this.unsettle(session)
  }

  forget(session: Session): void {
    deleteFrom(this.#sessions, session.ownedId, session)
  }

  /** The session may have calls now, or none any more. */
  unsettle(session: Session): void {
    if (this.#calls.has(session.ownedId)) this.#unsettled.add(session.ownedId)
  }

  /** Gives each call the sessions whose principals share its id. */
  settle(onMatch: (call: Call, owners: readonly Session[]) => void): void {
    for (const id of this.#unsettled) {
      const calls = this.#calls.get(id)
      if (calls === undefined) continue
      const owners = id === '' ? [] : [...(this.#sessions.get(id) ?? [])].filter(this.#hasCalls)
      for (const call of calls) onMatch(call, owners)
    }
    this.#unsettled.clear()
  }

  /** The calls are as they were when they were matched last: a snapshot was loaded. */
  markSettled(): void {
    this.#unsettled.clear()
  }
}
