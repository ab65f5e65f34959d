import type { Hit } from '../hit.ts'
import { type Evaluation, type Hold, memberMaskOf } from './hold.ts'
import type { Measure } from './measure.ts'

/** Where a measure holds over the window (t − timespan, t] of each moment. */
export const windowHolds = ({ correlation, hits, from }: Evaluation, measure: Measure): Hold[] => {
  const holds: Hold[] = []
  const { timespanUs } = correlation
  let oldest = 0
  for (let at = 0; at < hits.length; at += 1) {
    const hit = hits[at] as Hit
    measure.add(hit)
    // Equal times are peers: the window of a call holds them all, so the last of them completes it.
    if (at < from || hits[at + 1]?.timeUs === hit.timeUs) continue
    while ((hits[oldest]?.timeUs ?? Number.MAX_SAFE_INTEGER) <= hit.timeUs - timespanUs) {
      measure.remove(hits[oldest] as Hit)
      oldest += 1
    }
    const value = measure.held()
    if (value === null) continue
    const first = oldest
    holds.push({ at, value, proof: () => membersOf(hits.slice(first, at + 1), correlation) })
  }
  return holds
}

const membersOf = (hits: readonly Hit[], correlation: Evaluation['correlation']): readonly Hit[] => {
  const mask = memberMaskOf(correlation)
  return hits.filter((hit) => (hit.mask & mask) !== 0)
}
