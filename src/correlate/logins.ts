import type { ActivityEvent } from '../event/event.ts'
import { type Entity, EntityTable, fresh } from './entity-table.ts'

/** What the token lines say of one login session: the OAuth clients that hold tokens of it, and whence it came. */
export interface Login extends Entity {
  readonly realm: string
  readonly authSessionId: string
  /** OAuth client id → time of its first token for this session. */
  clients: Record<string, number>
  /** The refresh token that this session was minted from; `''` for a session that began with a login. */
  mintedFrom: string
  lastSeenUs: number
}

interface RefreshToken extends Entity {
  readonly realm: string
  readonly tokenId: string
  /** The login session that the token was issued with. */
  authSessionId: string
  lastSeenUs: number
}

/** Longest chain of refreshes that is followed to its root. At one refresh an hour: six weeks. */
const refreshChainMax = 1_000

/** A token line is written in the second of the request it belongs to; both clocks tell only seconds apart. */
const sameSecondUs = 1_000_000

/**
 * Pomerium mints a new session id on each token refresh, and only the token lines link old and new (`client-id` and
 * `session-id` stand together nowhere else). The chain of one client's refreshes is one login.
 */
export class Logins {
  readonly logins = new EntityTable<Login>('logins')
  readonly tokens = new EntityTable<RefreshToken>('refreshTokens')

  /** Changes whenever what this says of any login may have changed. */
  version = 0

  /** Sessions minted from a token, and tokens issued with a session: the chain downwards. Derived; see `reindex`. */
  readonly #mintedFrom = new Map<string, Set<string>>()
  readonly #issuedWith = new Map<string, Set<string>>()

  /** Returns the login sessions whose calls must be looked at again: this one and those minted from its tokens. */
  learn(event: ActivityEvent): readonly string[] {
    if (event.authSessionId === '') return []
    this.version += 1
    const login = this.#login(event.realm, event.authSessionId)
    this.logins.touch(keyOf(event.realm, event.authSessionId), login)
    login.lastSeenUs = Math.max(login.lastSeenUs, event.timeUs)
    if (event.oauthClientId !== '') {
      const known = login.clients[event.oauthClientId]
      login.clients[event.oauthClientId] = known === undefined ? event.timeUs : Math.min(known, event.timeUs)
    }
    if (event.previousRefreshTokenId !== '') {
      login.mintedFrom = event.previousRefreshTokenId
      addTo(this.#mintedFrom, keyOf(event.realm, event.previousRefreshTokenId), event.authSessionId)
    }
    if (event.refreshTokenId !== '') this.#issue(event)
    return this.#chainBelow(event.realm, event.authSessionId)
  }

  /** Rebuilds what is derived, after a snapshot was loaded into the tables. */
  reindex(): void {
    this.version += 1
    this.#mintedFrom.clear()
    this.#issuedWith.clear()
    for (const login of this.logins.values()) {
      if (login.mintedFrom !== '') addTo(this.#mintedFrom, keyOf(login.realm, login.mintedFrom), login.authSessionId)
    }
    for (const token of this.tokens.values()) {
      addTo(this.#issuedWith, keyOf(token.realm, token.authSessionId), token.tokenId)
    }
  }

  /** The first session of the chain, or the oldest refresh token where its beginning was never seen. */
  rootOf(realm: string, authSessionId: string): string {
    let current = authSessionId
    for (let steps = 0; steps < refreshChainMax; steps += 1) {
      const mintedFrom = this.logins.get(keyOf(realm, current))?.mintedFrom ?? ''
      if (mintedFrom === '') return current
      const issuedWith = this.tokens.get(keyOf(realm, mintedFrom))?.authSessionId
      if (issuedWith === undefined) return `token:${mintedFrom}`
      if (issuedWith === current) return current
      current = issuedWith
    }
    return current
  }

  /** The one OAuth client that held a token of the session at that time; `''` if none or several did. */
  clientAt(realm: string, authSessionId: string, timeUs: number): string {
    const login = this.logins.get(keyOf(realm, authSessionId))
    if (login === undefined) return ''
    let only = ''
    for (const [client, since] of Object.entries(login.clients)) {
      if (since > timeUs + sameSecondUs) continue
      if (only !== '') return ''
      only = client
    }
    return only
  }

  /** The time from which `clientAt` gives the same answer for the session. */
  settledFromUs(realm: string, authSessionId: string): number {
    const login = this.logins.get(keyOf(realm, authSessionId))
    let fromUs = Number.NEGATIVE_INFINITY
    for (const since of Object.values(login?.clients ?? {})) fromUs = Math.max(fromUs, since - sameSecondUs)
    return fromUs
  }

  /** Forgets what no call can refer to any more. */
  expire(beforeUs: number): void {
    for (const [key, login] of this.logins.entries()) {
      if (login.lastSeenUs >= beforeUs) continue
      this.version += 1
      this.logins.delete(key)
      this.#mintedFrom.delete(keyOf(login.realm, login.mintedFrom))
      this.#issuedWith.delete(key)
    }
    for (const [key, token] of this.tokens.entries()) {
      if (token.lastSeenUs >= beforeUs) continue
      this.version += 1
      this.tokens.delete(key)
    }
  }

  /** A login in use is kept, however old its token lines are. */
  keep(realm: string, authSessionId: string, timeUs: number): void {
    const key = keyOf(realm, authSessionId)
    const login = this.logins.get(key)
    if (login === undefined || login.lastSeenUs >= timeUs) return
    this.logins.touch(key, login)
    login.lastSeenUs = timeUs
  }

  #login(realm: string, authSessionId: string): Login {
    const key = keyOf(realm, authSessionId)
    return (
      this.logins.get(key) ??
      this.logins.add(key, { ...fresh, realm, authSessionId, clients: {}, mintedFrom: '', lastSeenUs: 0 })
    )
  }

  #chainBelow(realm: string, authSessionId: string): readonly string[] {
    const chain = new Set([authSessionId])
    for (const session of chain) {
      if (chain.size > refreshChainMax) break
      for (const token of this.#issuedWith.get(keyOf(realm, session)) ?? []) {
        for (const minted of this.#mintedFrom.get(keyOf(realm, token)) ?? []) chain.add(minted)
      }
    }
    return [...chain]
  }

  #issue(event: ActivityEvent): void {
    const key = keyOf(event.realm, event.refreshTokenId)
    const token = this.tokens.get(key)
    addTo(this.#issuedWith, keyOf(event.realm, event.authSessionId), event.refreshTokenId)
    if (token === undefined) {
      this.tokens.add(key, {
        ...fresh,
        realm: event.realm,
        tokenId: event.refreshTokenId,
        authSessionId: event.authSessionId,
        lastSeenUs: event.timeUs,
      })
      return
    }
    this.tokens.touch(key, token)
    // A token is issued once; should two lines claim it, the smaller id wins in any order of arrival.
    if (event.authSessionId < token.authSessionId) token.authSessionId = event.authSessionId
    token.lastSeenUs = Math.max(token.lastSeenUs, event.timeUs)
  }
}

const addTo = (index: Map<string, Set<string>>, key: string, value: string): void => {
  const values = index.get(key)
  if (values === undefined) index.set(key, new Set([value]))
  else values.add(value)
}

const keyOf = (realm: string, id: string): string => `${realm}\u0000${id}`
