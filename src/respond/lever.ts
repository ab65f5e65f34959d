import type { Effect } from './action.ts'

/** What a lever says of an effect: `enforced` only where its state was read back. */
export interface LeverAnswer {
  readonly state: 'accepted' | 'enforced' | 'failed'
  readonly detail: string
}

/** One way to deny an agent. Doing the same effect twice must change nothing. */
export interface Lever {
  /** As in an action's `lever`. */
  readonly name: string
  readonly apply: (effect: Effect) => Promise<LeverAnswer>
  /** Takes back what was applied, or what was to be. */
  readonly lift: (effect: Effect) => Promise<void>
}
