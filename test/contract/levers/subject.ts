import type { Effect } from '../../../src/respond/effect.ts'
import type { Lever, LeverAnswer, LeverTraits } from '../../../src/respond/lever.ts'

/** A lever in front of something that lets an agent through, or does not. */
export interface Counterpart extends AsyncDisposable {
  readonly lever: Lever
  /** The same lever with a secret or address that is refused. Null for one that nobody can refuse. */
  readonly refusedLever: Lever
  /** Denies the agent that `isOut` asks about. */
  readonly effect: Effect
  readonly isOut: () => Promise<boolean>
  /** Another agent of another user. */
  readonly isOtherOut: () => Promise<boolean>
  /** All that the lever could have changed. */
  readonly footprint: () => unknown
  readonly goAway: () => Promise<void>
  readonly comeBack: () => Promise<void>
}

export interface LeverSubject {
  readonly name: string
  readonly traits: LeverTraits
  /** What it answers when it was done. */
  readonly accepts: LeverAnswer['state']
  readonly isRemote: boolean
  readonly preview?: RegExp
  readonly start: () => Promise<Counterpart>
}
