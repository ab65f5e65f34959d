import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel'
import { AgenttrailError } from '../errors.ts'
import type { Effect, Operation } from '../respond/effect.ts'
import type { Lever, LeverAnswer } from '../respond/lever.ts'

export interface GuardTimes {
  /** One attempt. */
  readonly attemptMs: number
  /** All attempts together; after it the effect has failed. */
  readonly deadlineMs: number
  /** Before the second attempt; it doubles, with jitter, up to `backoffMsMax`. */
  readonly backoffMs: number
  readonly backoffMsMax: number
  /** A lever that fails again and again is left alone for this long, then asked once. */
  readonly breakMs: number
}

export const usualTimes: GuardTimes = {
  attemptMs: 10_000,
  deadlineMs: 120_000,
  backoffMs: 250,
  backoffMsMax: 15_000,
  breakMs: 10_000,
}

const failuresInRowMax = 5

/** What a guard has seen of its lever since the start. */
export interface LeverStatus {
  readonly answers: Readonly<Record<'accepted' | 'enforced' | 'failed', number>>
  /** Attempts beyond the first of their effect. */
  readonly retries: number
  readonly isBroken: boolean
}

/** Stands between the dispatcher and one lever: time-outs, retries and a circuit breaker, so that one that is down harms no other. */
export class LeverGuard {
  readonly #lever: Lever
  readonly #times: GuardTimes
  readonly #breaker
  readonly #policy
  readonly #answers = { accepted: 0, enforced: 0, failed: 0 }
  #retries = 0

  constructor(lever: Lever, times: GuardTimes) {
    this.#lever = lever
    this.#times = times
    const failure = handleWhen((error) => !isFinal(error))
    this.#breaker = circuitBreaker(failure, {
      halfOpenAfter: times.breakMs,
      breaker: new ConsecutiveBreaker(failuresInRowMax),
    })
    const attempts = retry(failure, {
      // The deadline ends it.
      maxAttempts: Number.MAX_SAFE_INTEGER,
      backoff: new ExponentialBackoff({ initialDelay: times.backoffMs, maxDelay: times.backoffMsMax }),
    }).dangerouslyUnref()
    attempts.onRetry(() => {
      this.#retries += 1
    })
    this.#policy = wrap(
      attempts,
      this.#breaker,
      timeout(times.attemptMs, TimeoutStrategy.Aggressive).dangerouslyUnref(),
    )
  }

  get status(): LeverStatus {
    const isBroken = this.#breaker.state === CircuitState.Open
    return { answers: { ...this.#answers }, retries: this.#retries, isBroken }
  }

  /** What the lever said, or `failed` after the deadline; null if `taken` back was aborted before. Never rejects. */
  async carryOut(effect: Effect, taken: AbortSignal): Promise<LeverAnswer | null> {
    const deadline = AbortSignal.timeout(this.#times.deadlineMs)
    let last: unknown
    const attempt = async (signal: AbortSignal): Promise<LeverAnswer> => {
      signal.throwIfAborted()
      try {
        return await operations[effect.operation](this.#lever, effect, signal)
      } catch (error) {
        last = error
        throw error
      }
    }
    const answer = await this.#untilAborted(attempt, AbortSignal.any([taken, deadline])).catch((error: unknown) => {
      if (taken.aborted) return null
      const reason = textOf(last ?? error)
      const detail = deadline.aborted ? `given up after ${this.#times.deadlineMs / 1000} s: ${reason}` : reason
      return { state: 'failed', detail } as const
    })
    if (answer !== null) this.#answers[answer.state] += 1
    return answer
  }

  /** The library waits for the end of its pause before it looks at the signal. */
  #untilAborted(attempt: (signal: AbortSignal) => Promise<LeverAnswer>, ended: AbortSignal): Promise<LeverAnswer> {
    const end = Promise.withResolvers<never>()
    const stop = (): void => end.reject(ended.reason)
    ended.addEventListener('abort', stop, { once: true })
    const outcome = this.#policy.execute(({ signal }) => attempt(signal), ended)
    return Promise.race([outcome, end.promise]).finally(() => ended.removeEventListener('abort', stop))
  }
}

const operations: Readonly<
  Record<Operation, (lever: Lever, effect: Effect, signal: AbortSignal) => Promise<LeverAnswer>>
> = {
  apply: (lever, effect, signal) => lever.apply(effect, signal),
  lift: (lever, effect, signal) => lever.lift(effect, signal),
  preview: async (lever, effect, signal) => ({
    state: 'accepted',
    detail: (await lever.preview?.(effect, signal)) ?? 'the lever does not say who else it would hit',
  }),
}

/** Tried again it would fail again. */
const isFinal = (error: unknown): boolean => error instanceof AgenttrailError && error.disposition !== 'retry'

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
