import type { Agent } from './call.ts'
import { Directory } from './directory.ts'
import { type Rung, rungOf } from './ladder.ts'
import type { Logins } from './logins.ts'
import { agentOf } from './subject.ts'
import type { Actor } from './view.ts'

/** Who an actor is and which rung of the ladder its calls stand on. */
export interface Standing {
  readonly agent: Agent
  readonly rung: Rung
}

interface KnownStanding extends Standing {
  /** `Logins.version` that it was made at, and the time from which it holds. */
  readonly loginsVersion: number
  readonly fromUs: number
}

const knownMax = 50_000

/** Gives actors their standing, and remembers it: an agent's calls come from the same few actors. */
export class Standings {
  readonly #realm: string
  readonly #logins: Logins
  #directory = new Directory({})
  #known = new Map<Actor, KnownStanding>()

  constructor(deps: { readonly realm: string; readonly logins: Logins }) {
    this.#realm = deps.realm
    this.#logins = deps.logins
  }

  /** From now on; what was placed before stays until evidence changes it. */
  use(directory: Directory): void {
    this.#directory = directory
    this.#known = new Map()
  }

  of(actor: Actor, timeUs: number, traceId: string): Standing {
    const known = this.#known.get(actor)
    if (known !== undefined && known.loginsVersion === this.#logins.version && timeUs >= known.fromUs) return known
    const standing = this.#standingOf(actor, timeUs, traceId)
    // One that holds only before a later token of the login, or for one trace, is not worth remembering.
    if (timeUs < standing.fromUs || standing.rung.basis === 'trace') return standing
    if (this.#known.size >= knownMax) this.#known = new Map()
    this.#known.set(actor, standing)
    return standing
  }

  #standingOf(actor: Actor, timeUs: number, traceId: string): KnownStanding {
    const realm = this.#realm
    const { authSessionId } = actor
    const hasLogin = authSessionId !== ''
    const client = actor.oauthClientId || (hasLogin ? this.#logins.clientAt(realm, authSessionId, timeUs) : '')
    const loginRoot = hasLogin ? this.#logins.rootOf(realm, authSessionId) : ''
    return {
      agent: agentOf(actor, { client, configured: this.#directory.agentOf(actor, client) }),
      rung: rungOf(actor, {
        realm,
        loginRoot,
        traceId,
        hasSessionPerCall: this.#directory.hasSessionPerCall(actor, client),
      }),
      loginsVersion: this.#logins.version,
      fromUs: hasLogin ? this.#logins.settledFromUs(realm, authSessionId) : Number.NEGATIVE_INFINITY,
    }
  }
}
