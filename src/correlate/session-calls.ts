import type { Call } from './call.ts'
import type { Session } from './session.ts'
import { addCall, copySum, type SessionSum } from './session-sum.ts'

interface Entry {
  readonly calls: Set<Call>
  /** What the session's final and live calls add up to; null until somebody asks after a call changed or went. */
  total: SessionSum | null
}

/** The live calls of each session, and what they add up to with its final ones. Derived. */
export class SessionCalls {
  readonly #bySession = new Map<string, Entry>()

  has(session: Session): boolean {
    return this.#bySession.has(session.id)
  }

  of(session: Session): ReadonlySet<Call> {
    return this.#bySession.get(session.id)?.calls ?? noCalls
  }

  add(session: Session, call: Call): void {
    const entry = this.#bySession.get(session.id)
    if (entry === undefined) {
      this.#bySession.set(session.id, { calls: new Set([call]), total: null })
      return
    }
    if (entry.calls.has(call)) return
    entry.calls.add(call)
    if (entry.total !== null) addCall(entry.total, call)
  }

  delete(session: Session, call: Call): void {
    const entry = this.#bySession.get(session.id)
    if (entry === undefined || !entry.calls.delete(call)) return
    entry.total = null
    if (entry.calls.size === 0) this.#bySession.delete(session.id)
  }

  /** The call is one of the session's final ones now: the total stays. */
  freeze(session: Session, call: Call): void {
    const entry = this.#bySession.get(session.id)
    if (entry?.calls.delete(call) && entry.calls.size === 0) this.#bySession.delete(session.id)
  }

  /** A call of the session says something else now. */
  changed(session: Session): void {
    const entry = this.#bySession.get(session.id)
    if (entry !== undefined) entry.total = null
  }

  forget(session: Session): void {
    this.#bySession.delete(session.id)
  }

  /** To be read at once: the next call changes it. */
  sumOf(session: Session): Readonly<SessionSum> {
    const entry = this.#bySession.get(session.id)
    if (entry === undefined) return session.frozen
    if (entry.total === null) {
      entry.total = copySum(session.frozen)
      for (const call of entry.calls) addCall(entry.total, call)
    }
    return entry.total
  }
}

const noCalls: ReadonlySet<Call> = new Set()
