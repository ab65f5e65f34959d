import type { Session } from './session.ts'
import { deleteFrom, setOf } from './set-index.ts'

/** How many of an owner's oldest sessions are looked at for one to forget. */
const looksMax = 16

/**
 * Sessions by the principal or address that they are of, each oldest first. At the bound who takes more than their share
 * gives up their own, so that a flood of ids ends no other agent's session.
 */
export class Owners {
  readonly #sessions = new Map<string, Set<Session>>()
  #size = 0

  add(session: Session): void {
    setOf(this.#sessions, session.owner).add(session)
    this.#size += 1
  }

  delete(session: Session): void {
    if (!this.#sessions.get(session.owner)?.has(session)) return
    deleteFrom(this.#sessions, session.owner, session)
    this.#size -= 1
  }

  /** A session to forget for a new one of `owner`; null if none of those looked at may go. */
  victim(owner: string, mayGo: (session: Session) => boolean): Session | null {
    const own = this.#sessions.get(owner)
    const share = this.#size / Math.max(1, this.#sessions.size)
    const isGreedy = own !== undefined && own.size >= share
    return firstOf(isGreedy ? own : this.#greediest(), mayGo)
  }

  /** The sessions of the owner with the most; looked for only when a modest one needs room. */
  #greediest(): Iterable<Session> {
    let most: readonly [string, ReadonlySet<Session>] = ['', new Set()]
    for (const [owner, sessions] of this.#sessions) {
      const isMore = sessions.size > most[1].size || (sessions.size === most[1].size && owner < most[0])
      if (isMore) most = [owner, sessions]
    }
    return most[1]
  }
}

const firstOf = (sessions: Iterable<Session>, mayGo: (session: Session) => boolean): Session | null => {
  let looked = 0
  for (const session of sessions) {
    if (mayGo(session)) return session
    looked += 1
    if (looked >= looksMax) return null
  }
  return null
}
