import { randomBytes, randomUUID } from 'node:crypto'
import { PomeriumBroker, type PomeriumRecord } from './pomerium-broker.ts'
import { decodeData, encodeData, millisOf, type PomeriumType, timestamp, typeUrlOf } from './pomerium-records.ts'

/** Looked up sessions are believed for this long, however often they are used. */
const cacheMs = 60_000
/** The identity manager leaves a session alone until it is this old, and then takes a moment. */
const coolOffMs = 10_000
const identityManagerMs = 200
const sessionMs = 14 * 3600_000

/** An MCP client with its tokens, as Pomerium gave them to it. */
export interface PomeriumAgent {
  /** Each session that it has an access token for, the newest first. */
  readonly sessionIds: string[]
  refreshTokenId: string
  readonly userId: string
  readonly clientId: string
}

/**
 * What an agent behind a Pomerium and a client of its databroker see of it, as it was measured: sessions are cached for a
 * minute, an expired one is removed by the identity manager, which clears that cache, a refresh mints a new session.
 */
export class Pomerium {
  readonly sharedSecret = randomBytes(32).toString('base64')
  broker: PomeriumBroker
  /** What happens beside a client's writes; set by tests that need the wrong moment. */
  onPut: (record: PomeriumRecord) => void = () => undefined
  nowMs = 1_764_000_000_000
  readonly #cachedUntil = new Map<string, number>()
  readonly #expiredAt = new Map<string, number>()

  constructor() {
    this.broker = this.#newBroker()
  }

  /** Its databroker comes back with what it held. */
  restart(): PomeriumBroker {
    const { records } = this.broker
    this.broker = this.#newBroker()
    for (const record of records.values()) this.broker.write(record)
    return this.broker
  }

  advance(ms: number): void {
    // In steps, so that what falls due in between happens at its time.
    for (let left = ms; left > 0; left -= identityManagerMs) {
      this.nowMs += Math.min(left, identityManagerMs)
      this.#runIdentityManager()
    }
  }

  /** A user signs in and lets a client act: two clients of one browser share its session. */
  connect(who: { userId: string; clientId: string; sessionId?: string }): PomeriumAgent {
    const { userId, clientId } = who
    const sessionId = who.sessionId ?? this.#mintSession(userId)
    this.write('User', userId, { id: userId, name: userId, email: `${userId}@acme.test` })
    this.write('ClientRegistration', clientId, { requestMetadata: { clientName: `client ${clientId}` } })
    const request = { clientId, sessionId, responseType: 'code', codeChallenge: 'x' }
    this.write('AuthorizationRequest', randomUUID(), request)
    return { sessionIds: [sessionId], refreshTokenId: this.#mintToken(userId, clientId), userId, clientId }
  }

  /** Any of its access tokens will do. */
  call(agent: PomeriumAgent): 'allowed' | 'denied' {
    return agent.sessionIds.some((id) => this.#isSession(id)) ? 'allowed' : 'denied'
  }

  refresh(agent: PomeriumAgent): boolean {
    const finish = this.beginRefresh(agent)
    finish?.()
    return finish !== null
  }

  /** A refresh that was let through and is not done yet; null if it was not. */
  beginRefresh(agent: PomeriumAgent): (() => void) | null {
    const record = this.broker.records.get(`${typeUrlOf('MCPRefreshToken')} ${agent.refreshTokenId}`)
    const token = record && decodeData('MCPRefreshToken', record.data)
    if (token === undefined || token['revoked'] === true) return null
    return () => {
      agent.sessionIds.unshift(this.#mintSession(agent.userId))
      const used = agent.refreshTokenId
      agent.refreshTokenId = this.#mintToken(agent.userId, agent.clientId)
      const isThere = this.broker.records.has(`${typeUrlOf('MCPRefreshToken')} ${used}`)
      if (isThere) this.write('MCPRefreshToken', used, { ...token, revoked: true })
    }
  }

  /** Milliseconds until the agent is denied, calling every `everyMs`; null if it never was in `withinMs`. */
  firstDenial(agent: PomeriumAgent, withinMs: number, everyMs = 20): number | null {
    for (let passed = 0; passed <= withinMs; passed += everyMs) {
      if (this.call(agent) === 'denied') return passed
      this.advance(everyMs)
    }
    return null
  }

  write(type: PomeriumType, id: string, fields: object): void {
    this.broker.write({ type: typeUrlOf(type), id, data: encodeData(type, fields) })
  }

  of(type: PomeriumType): readonly PomeriumRecord[] {
    return [...this.broker.records.values()].filter((record) => record.type === typeUrlOf(type))
  }

  #newBroker(): PomeriumBroker {
    return new PomeriumBroker({
      now: () => this.nowMs,
      sharedSecret: this.sharedSecret,
      onPut: (record) => this.onPut(record),
      onRequest: () => this.#runIdentityManager(),
    })
  }

  #mintSession(userId: string): string {
    const id = randomUUID()
    const times = { issuedAt: timestamp(this.nowMs), expiresAt: timestamp(this.nowMs + sessionMs) }
    const rest = { audience: ['mcp.example.com'], idpId: 'idp-1', laterAddition: 'kept' }
    this.write('Session', id, { id, userId, ...times, ...rest })
    return id
  }

  #mintToken(userId: string, clientId: string): string {
    const id = randomUUID()
    this.write('MCPRefreshToken', id, { id, userId, clientId, upstreamRefreshToken: 'upstream-1', scopes: ['openid'] })
    return id
  }

  #isSession(id: string): boolean {
    if ((this.#cachedUntil.get(id) ?? 0) > this.nowMs) return true
    const record = this.broker.records.get(`${typeUrlOf('Session')} ${id}`)
    if (record === undefined) return false
    if (millisOf(decodeData('Session', record.data)['expiresAt']) <= this.nowMs) return false
    this.#cachedUntil.set(id, this.nowMs + cacheMs)
    return true
  }

  #runIdentityManager(): void {
    for (const record of this.of('Session')) {
      const session = decodeData('Session', record.data)
      if (millisOf(session['expiresAt']) > this.nowMs) continue
      const seenMs = this.#expiredAt.get(record.id) ?? this.nowMs
      this.#expiredAt.set(record.id, seenMs)
      const dueMs = Math.max(seenMs + identityManagerMs, millisOf(session['issuedAt']) + coolOffMs)
      if (dueMs > this.nowMs) continue
      this.broker.write({ ...record, deletedAt: timestamp(this.nowMs) })
      this.#cachedUntil.delete(record.id)
    }
  }
}
