import type { Revocation, RevocationScope } from './revocation.ts'

/** About 1 KB each. */
const revocationsMax = 1_000_000

type ByScope = Map<string, Map<string, Revocation[]>>

/**
 * What is denied now, in memory, for a decision service: a lookup costs the same however many there are. It is empty and
 * not ready until `load` brought what was in force before the start.
 */
export class Revocations {
  readonly #byAction = new Map<string, Revocation>()
  readonly #byRealm = new Map<string, ByScope>()
  #isReady = false
  #isCurrent: (realm: string) => boolean = () => true

  get isReady(): boolean {
    return this.#isReady
  }

  /** Whether what is known of the realm is as new as it may be; it is where nobody says otherwise. */
  isCurrent(realm: string): boolean {
    return this.#isCurrent(realm)
  }

  /** Where revocations come from elsewhere: whether news of a realm would arrive. */
  judgeCurrency(isCurrent: (realm: string) => boolean): void {
    this.#isCurrent = isCurrent
  }

  get size(): number {
    return this.#byAction.size
  }

  /** All that is in force; from here on it is ready. */
  load(revocations: readonly Revocation[]): void {
    this.#byAction.clear()
    this.#byRealm.clear()
    for (const revocation of revocations) this.#put(revocation)
    this.#isReady = true
  }

  /** All that was in force was added one by one. */
  ready(): void {
    this.#isReady = true
  }

  /** False where there is no room for another one. One that is known already is replaced. */
  add(revocation: Revocation, nowMs: number): boolean {
    this.remove(revocation.actionId)
    if (this.#byAction.size >= revocationsMax) this.#forgetExpired(nowMs)
    if (this.#byAction.size >= revocationsMax) return false
    this.#put(revocation)
    return true
  }

  remove(actionId: string): void {
    const known = this.#byAction.get(actionId)
    if (known === undefined) return
    this.#byAction.delete(actionId)
    for (const key of known.keys) this.#removeKey(known, key)
  }

  has(actionId: string): boolean {
    return this.#byAction.has(actionId)
  }

  /** A revocation in force of what `scope` and `id` name in the realm; null if there is none, or `id` is `''`. */
  find(realm: string, scope: RevocationScope, id: string, nowMs: number): Revocation | null {
    if (id === '') return null
    const found = this.#byRealm.get(realm)?.get(scope)?.get(id)
    if (found === undefined) return null
    for (const revocation of found) if (revocation.expiresAtMs > nowMs) return revocation
    return null
  }

  #put(revocation: Revocation): void {
    this.#byAction.set(revocation.actionId, revocation)
    const scopes = this.#byRealm.get(revocation.realm) ?? new Map()
    this.#byRealm.set(revocation.realm, scopes)
    for (const key of revocation.keys) {
      const { scope, id } = split(key)
      const ids: Map<string, Revocation[]> = scopes.get(scope) ?? new Map()
      scopes.set(scope, ids)
      ids.set(id, [...(ids.get(id) ?? []), revocation])
    }
  }

  #removeKey(revocation: Revocation, key: string): void {
    const { scope, id } = split(key)
    const ids = this.#byRealm.get(revocation.realm)?.get(scope)
    const left = (ids?.get(id) ?? []).filter((other) => other !== revocation)
    if (left.length === 0) ids?.delete(id)
    else ids?.set(id, left)
  }

  #forgetExpired(nowMs: number): void {
    for (const { actionId, expiresAtMs } of this.#byAction.values()) if (expiresAtMs <= nowMs) this.remove(actionId)
  }
}

const split = (key: string): { readonly scope: string; readonly id: string } => {
  const colon = key.indexOf(':')
  return { scope: key.slice(0, colon), id: key.slice(colon + 1) }
}
