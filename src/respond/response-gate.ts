import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'
import type { RevokedSubject } from './revocation.ts'
import { isNamedIn } from './session-subject.ts'

/** What holds the response back, whatever a rule asks for. */
export interface ResponseLimits {
  /** Ids and addresses of agents, users and service accounts that nothing is revoked for. */
  readonly neverRevoke: readonly string[]
  readonly revocationsPerMinuteMax: number
  readonly revocationsPerHourMax: number
  /** Rules hold and revoke at most this share of the active sessions at once, in percent; never fewer than three. */
  readonly revokedPercentMax: number
  readonly pagesPerHourMax: number
}

/** Until an activation says otherwise. */
export const defaultLimits: ResponseLimits = {
  neverRevoke: [],
  revocationsPerMinuteMax: 10,
  revocationsPerHourMax: 60,
  revokedPercentMax: 20,
  pagesPerHourMax: 60,
}

/** What an operator sees of the panic switch. */
export interface Pause {
  readonly isPaused: boolean
  readonly by: string
  readonly reason: string
  /** When it was last switched; 0 = never. */
  readonly sinceMs: number
}

/** How much is in force already. */
export interface Load {
  readonly revokedSessions: number
  readonly activeSessions: number
}

/** Something that is left alone, but by the incident that brought this about. */
export interface Quiet {
  readonly key: string
  readonly incidentId: string
  readonly untilMs: number
}

interface GateState extends Entity {
  pause: Pause
  /** Times of the revocations and pages of the last hour, oldest first; no more than twice what an hour may have. */
  sentMs: readonly number[]
  pagedMs: readonly number[]
  /** What is to be left alone until when; no more than `quietMax`. */
  quiet: readonly Quiet[]
}

const stateKey = 'gate'
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const quietMax = 10_000
/** In a small installation one session is a large share. */
const revokedSessionsMin = 3

/** Says why an action must not leave: the panic switch, the list of those that are never revoked, the caps, quiet periods. */
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
    this.#change({ pause })
  }

  /** Why nothing at all may leave; null if it may. */
  pauseObjection(): string | null {
    const { isPaused, by } = this.pause
    return isPaused ? `the response is paused by ${by}` : null
  }

  /** Why nobody may revoke this, a rule or a person; null if it may be. */
  protection(subject: RevokedSubject): string | null {
    return isNamedIn(subject, this.#limits.neverRevoke) ? 'the agent or its user is on the never-revoke list' : null
  }

  /** Why a rule may not revoke now; null if it may. Caps hold rules back, not people. `load` is asked last: it takes time. */
  capObjection(nowMs: number, load: () => Load): string | null {
    const { revocationsPerMinuteMax, revocationsPerHourMax, revokedPercentMax } = this.#limits
    const { sentMs } = this.#state()
    if (since(sentMs, nowMs - minuteMs) >= revocationsPerMinuteMax) {
      return `the cap of ${revocationsPerMinuteMax} revocations a minute is reached`
    }
    if (since(sentMs, nowMs - hourMs) >= revocationsPerHourMax) {
      return `the cap of ${revocationsPerHourMax} revocations an hour is reached`
    }
    const { revokedSessions, activeSessions } = load()
    const allowed = Math.max(revokedSessionsMin, Math.floor((activeSessions * revokedPercentMax) / 100))
    return revokedSessions < allowed
      ? null
      : `${revokedSessions} of ${activeSessions} active sessions are revoked already, and ${revokedPercentMax} % may be`
  }

  /** Why nobody may be called now; null if somebody may. */
  pageObjection(nowMs: number): string | null {
    const { pagesPerHourMax } = this.#limits
    const isFull = since(this.#state().pagedMs, nowMs - hourMs) >= pagesPerHourMax
    return isFull ? `the cap of ${pagesPerHourMax} pages an hour is reached` : null
  }

  /** A revocation leaves: it counts towards the caps. */
  sent(nowMs: number): void {
    this.#change({ sentMs: counted(this.#state().sentMs, nowMs, this.#limits.revocationsPerHourMax) })
  }

  /** A page leaves: it counts towards its cap. */
  paged(nowMs: number): void {
    this.#change({ pagedMs: counted(this.#state().pagedMs, nowMs, this.#limits.pagesPerHourMax) })
  }

  /** Leaves something alone for a while. */
  hush(quiet: Quiet, nowMs: number): void {
    const others = this.#state().quiet.filter(({ key, untilMs }) => key !== quiet.key && untilMs > nowMs)
    this.#change({ quiet: [...others.slice(1 - quietMax), quiet] })
  }

  isQuiet({ key, incidentId }: Pick<Quiet, 'key' | 'incidentId'>, nowMs: number): boolean {
    return this.#state().quiet.some(
      (quiet) => quiet.key === key && quiet.incidentId !== incidentId && quiet.untilMs > nowMs,
    )
  }

  #change(change: Partial<Omit<GateState, keyof Entity>>): void {
    const state = this.#state()
    this.table.touch(stateKey, state)
    Object.assign(state, change)
  }

  #state(): GateState {
    const nothing = { ...fresh, pause: this.pause, sentMs: [], pagedMs: [], quiet: [] }
    return this.table.get(stateKey) ?? this.table.add(stateKey, nothing)
  }
}

const since = (timesMs: readonly number[], sinceMs: number): number => timesMs.filter((ms) => ms > sinceMs).length

const counted = (timesMs: readonly number[], nowMs: number, hourMax: number): readonly number[] =>
  [...timesMs.filter((ms) => ms > nowMs - hourMs), nowMs].slice(-2 * Math.max(hourMax, 1))
