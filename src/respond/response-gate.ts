import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'
import type { RevokedSubject } from './revocation.ts'
import { isProtected } from './session-subject.ts'

/** What holds the response back, whatever a rule asks for. */
export interface ResponseLimits {
  /** Ids and addresses of agents, users and service accounts that nothing is revoked for. */
  readonly neverRevoke: readonly string[]
  readonly revocationsPerMinuteMax: number
  readonly revocationsPerHourMax: number
}

/** Until an activation says otherwise. */
export const defaultLimits: ResponseLimits = { neverRevoke: [], revocationsPerMinuteMax: 10, revocationsPerHourMax: 60 }

/** What an operator sees of the panic switch. */
export interface Pause {
  readonly isPaused: boolean
  readonly by: string
  readonly reason: string
  /** When it was last switched; 0 = never. */
  readonly sinceMs: number
}

interface GateState extends Entity {
  pause: Pause
  /** Times of the revocations of the last hour, oldest first; no more than twice what an hour may have. */
  sentMs: readonly number[]
}

const stateKey = 'gate'
const minuteMs = 60_000
const hourMs = 60 * minuteMs

/** Says why a revocation must not leave: the panic switch, the list of those that are never revoked, the caps. */
export class ResponseGate {
  readonly table = new EntityTable<GateState>('response')
  #limits = defaultLimits

  get pause(): Pause {
    return this.table.get(stateKey)?.pause ?? { isPaused: false, by: '', reason: '', sinceMs: 0 }
  }

  get limits(): ResponseLimits {
    return this.#limits
  }

  setLimits(limits: ResponseLimits): void {
    this.#limits = limits
  }

  setPause(pause: Pause): void {
    const state = this.#state()
    this.table.touch(stateKey, state)
    state.pause = pause
  }

  /** Why nothing at all may leave; null if it may. */
  pauseObjection(): string | null {
    const { isPaused, by } = this.pause
    return isPaused ? `the response is paused by ${by}` : null
  }

  /** Why this revocation may not leave; null if it may. Caps hold rules back, not people. */
  objection(subject: RevokedSubject, { isOfRule, nowMs }: { readonly isOfRule: boolean; readonly nowMs: number }) {
    const paused = this.pauseObjection()
    if (paused !== null) return paused
    if (isProtected(subject, this.#limits.neverRevoke)) return 'the agent or its user is on the never-revoke list'
    if (!isOfRule) return null
    const { revocationsPerMinuteMax, revocationsPerHourMax } = this.#limits
    if (this.#sentSince(nowMs - minuteMs) >= revocationsPerMinuteMax) {
      return `the cap of ${revocationsPerMinuteMax} revocations a minute is reached`
    }
    if (this.#sentSince(nowMs - hourMs) >= revocationsPerHourMax) {
      return `the cap of ${revocationsPerHourMax} revocations an hour is reached`
    }
    return null
  }

  /** A revocation leaves: it counts towards the caps. */
  sent(nowMs: number): void {
    const state = this.#state()
    this.table.touch(stateKey, state)
    const kept = state.sentMs.filter((sentMs) => sentMs > nowMs - hourMs)
    state.sentMs = [...kept, nowMs].slice(-2 * Math.max(this.#limits.revocationsPerHourMax, 1))
  }

  #sentSince(sinceMs: number): number {
    return this.#state().sentMs.filter((sentMs) => sentMs > sinceMs).length
  }

  #state(): GateState {
    return this.table.get(stateKey) ?? this.table.add(stateKey, { ...fresh, pause: this.pause, sentMs: [] })
  }
}
