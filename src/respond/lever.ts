import type { Effect } from './effect.ts'
import type { RevocationScope } from './revocation.ts'

/** What a lever says of an effect: `enforced` only where its state was read back; `failed` is final, it will not be tried again. */
export interface LeverAnswer {
  readonly state: 'accepted' | 'enforced' | 'failed'
  readonly detail: string
}

/**
 * One way to deny an agent or to call somebody. Doing the same effect twice must change nothing. Whoever cannot be reached
 * or asks for patience is an `AgenttrailError` of disposition `retry`: it is tried again until the deadline.
 */
export interface Lever {
  /** As in an action's `lever`. */
  readonly name: string
  /** The signal is aborted when time is over or the effect is taken back. */
  readonly apply: (effect: Effect, signal: AbortSignal) => Promise<LeverAnswer>
  /** Takes back what was applied, or what was to be; `accepted` or `enforced` where nothing is in force. */
  readonly lift: (effect: Effect, signal: AbortSignal) => Promise<LeverAnswer>
  /** Says in a sentence who else `apply` would hit. Changes nothing. */
  readonly preview?: (effect: Effect, signal: AbortSignal) => Promise<string>
}

/** What the analyser must know of a lever that denies, to choose one. Part of the activation, so a replay chooses the same. */
export interface LeverTraits {
  readonly name: string
  /** What it can recognise requests by. */
  readonly scopes: readonly RevocationScope[]
  /** Whether it can let go again at once: only then may it hold. */
  readonly isReversible: boolean
  /** Whether it has a `preview`. */
  readonly canPreview: boolean
  /** Calls may still be allowed this long after it said yes. */
  readonly delayMs: number
}
