import type { Hit } from '../hit.ts'
import type { Correlation } from '../rule.ts'
import type { Track } from './cursor.ts'
import type { Measure } from './measure.ts'
import { tellingHits } from './window.ts'

/**
 * The window (t − timespan, t] of each moment. A window counts its newest hits: enough to tell every bound, and the same
 * however much of it is final already.
 */
export const createWindowTrack = (correlation: Correlation, countedMax: number, measure: Measure): Track => {
  /** The hits before are in no window, those from here on are measured. */
  let oldest = 0
  let forgotten = 0
  const isOutside = (hits: readonly Hit[], first: number, at: number): boolean =>
    (hits[first] as Hit).timeUs <= (hits[at] as Hit).timeUs - correlation.timespanUs ||
    (correlation.logic.kind === 'count' && first <= at - countedMax)
  return {
    enter: (hits, at) => measure.add(hits[at] as Hit),
    held: (hits, at) => {
      for (; isOutside(hits, oldest, at); oldest += 1) measure.remove(hits[oldest] as Hit)
      return measure.held()
    },
    leave: (hit, at) => {
      if (at >= oldest) measure.remove(hit)
      else oldest = at
    },
    settle: (hits) => {
      const at = hits.length - 1
      for (; oldest > 0 && !isOutside(hits, oldest - 1, at); oldest -= 1) measure.add(hits[oldest - 1] as Hit)
    },
    forget: (hit, at) => {
      if (at >= oldest) measure.remove(hit)
      else forgotten += 1
    },
    forgot: () => {
      oldest -= forgotten
      forgotten = 0
    },
    proof: (hits, at) => {
      let first = at
      while (first > 0 && !isOutside(hits, first - 1, at)) first -= 1
      return tellingHits(correlation, hits.slice(first, at + 1))
    },
  }
}
