import type { Call } from './call.ts'
import type { Session } from './session.ts'

/** MCP sessions that one explicit session remembers after the calls that named both are final. */
const boundPerSessionMax = 64

/**
 * Which MCP sessions are part of an explicit session: those that a call of the same principal names together with it.
 * Calls that know only the MCP session then belong to the explicit one, if it is the only one.
 */
export class Bindings {
  /** By MCP session with its principal: the explicit sessions and how many calls name both. */
  readonly #sessions = new Map<string, Map<Session, number>>()
  readonly #unsettled = new Set<string>()

  /** The call names both. */
  add(call: Call, session: Session): void {
    if (call.rung.boundKey !== '') this.#count(call.rung.boundKey, session, 1)
  }

  delete(call: Call, session: Session): void {
    if (call.rung.boundKey !== '') this.#count(call.rung.boundKey, session, -1)
  }

  /** The call is final: what it names stays named. Returns what the session has to remember of it. */
  freeze(call: Call, session: Session): readonly string[] {
    const { boundKey } = call.rung
    if (boundKey === '') return session.bound
    if (session.bound.includes(boundKey)) {
      this.delete(call, session)
      return session.bound
    }
    return session.bound.length < boundPerSessionMax ? [...session.bound, boundKey] : session.bound
  }

  /** A session of a snapshot remembers these. */
  adopt(session: Session): void {
    for (const key of session.bound) this.#count(key, session, 1)
  }

  /** The session has no live calls any more. */
  forget(session: Session): void {
    for (const key of session.bound) {
      const sessions = this.#sessions.get(key)
      sessions?.delete(session)
      if (sessions?.size === 0) this.#sessions.delete(key)
    }
  }

  /** The one explicit session that the MCP session is part of. */
  ownerOf(key: string): Session | null {
    const sessions = this.#sessions.get(key)
    const [only] = sessions?.keys() ?? []
    return only !== undefined && sessions?.size === 1 ? only : null
  }

  /** The explicit sessions that name the MCP session. */
  sessionsOf(key: string): Iterable<Session> {
    return this.#sessions.get(key)?.keys() ?? []
  }

  /** Nothing is to be looked at: a snapshot was loaded. */
  markSettled(): void {
    this.#unsettled.clear()
  }

  /** Takes the MCP sessions whose owner may be another now. */
  takeUnsettled(): readonly string[] {
    const keys = [...this.#unsettled]
    this.#unsettled.clear()
    return keys
  }

  #count(key: string, session: Session, by: 1 | -1): void {
    const sessions = this.#sessions.get(key) ?? new Map<Session, number>()
    const count = (sessions.get(session) ?? 0) + by
    if (count > 0) sessions.set(session, count)
    else sessions.delete(session)
    if (sessions.size === 0) this.#sessions.delete(key)
    else this.#sessions.set(key, sessions)
    if (count === 0 || (count === 1 && by === 1)) this.#unsettled.add(key)
  }
}
