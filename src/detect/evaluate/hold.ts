import type { Hit } from '../hit.ts'
import type { Correlation } from '../rule.ts'
import type { Measured } from './measured.ts'

/** A moment at which a correlation's condition holds: the call that completes it, and what proves it. */
export interface Hold {
  /** The hit that completes it. */
  readonly hit: Hit
  /** The calls that prove it, in order. Made when asked for: most holds name none. */
  readonly proof: () => readonly Hit[]
  readonly value: Measured
}

/** What a correlation remembers of a group beyond its window, each kind its own part. Plain data. */
export interface History {
  /** When each value was last seen, the longest ago first. */
  values?: Map<string, number>
  /** When the group was first seen. */
  firstUs?: number
  /** What each past bucket came to. */
  buckets?: Map<number, number>
  /** Through here it is decided what did not follow. */
  decidedUs?: number
  /** The steps that were met in order so far, by how many they are. */
  chains?: readonly (readonly Hit[] | undefined)[]
}

/** What an evaluation looks at. */
export interface Evaluation {
  readonly correlation: Correlation
  /** In order: first those that are final, then those that can still change. */
  readonly hits: readonly Hit[]
  /** Only hits from this index on can complete something: those before are there for their windows. */
  readonly from: number
  readonly history: History | null
  /** Every call up to here is final. */
  readonly finalThroughUs: number
}

/** The index of the last hit with the time of the one at `at`: equal times are peers, and the last completes. */
export const lastPeer = (hits: readonly Hit[], at: number): number => {
  let last = at
  while (hits[last + 1]?.timeUs === hits[at]?.timeUs && last + 1 < hits.length) last += 1
  return last
}

/** Whether a hit matches one of the inputs that a correlation counts. */
export const memberMaskOf = (correlation: Correlation): number =>
  correlation.inputs.reduce((mask, input, at) => (input.role === 'member' ? mask | (1 << at) : mask), 0)
