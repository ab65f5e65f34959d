import { type Hit, valuesText } from '../hit.ts'
import type { Bound, Correlation } from '../rule.ts'
import { memberMaskOf } from './hold.ts'

/** A window is counted exactly up to this, or to twice the highest count that is asked for. */
const countedMin = 50

/**
 * The hits of a window that decide what it says: all of a count or sum, of distinct values the last of each, of inputs
 * that must be there the last of each. The others can be forgotten, and prove nothing more.
 */
export const tellingHits = (correlation: Correlation, hits: readonly Hit[]): readonly Hit[] => {
  const { logic } = correlation
  if (logic.kind === 'distinct') return lastOfEach(hits, (hit) => valuesText(hit, logic.fields))
  if (logic.kind !== 'together' && logic.kind !== 'several') return hits
  let missing = memberMaskOf(correlation)
  const told: Hit[] = []
  for (let at = hits.length - 1; at >= 0 && missing !== 0; at -= 1) {
    const hit = hits[at] as Hit
    if ((hit.mask & missing) === 0) continue
    missing &= ~hit.mask
    told.push(hit)
  }
  return told.reverse()
}

const lastOfEach = (hits: readonly Hit[], textOf: (hit: Hit) => string): readonly Hit[] => {
  const seen = new Set<string>([''])
  const told: Hit[] = []
  for (let at = hits.length - 1; at >= 0; at -= 1) {
    const hit = hits[at] as Hit
    const text = textOf(hit)
    if (seen.has(text)) continue
    seen.add(text)
    told.push(hit)
  }
  return told.reverse()
}

/** Up to where a window must count to tell whether any of the bounds is met. */
export const countedMaxOf = (bounds: readonly Bound[]): number =>
  Math.max(countedMin, ...bounds.map((bound) => Math.ceil(bound.value) * 2))
