import type { Hit } from '../hit.ts'
import type { Evaluation, Hold } from './hold.ts'

/** Where the first rule was met and the second not within the timespan after it, as far as that can be told for good. */
export const absenceHolds = ({ correlation, hits, history, finalThroughUs }: Evaluation): Hold[] => {
  const decidedUs = history?.decidedUs ?? Number.NEGATIVE_INFINITY
  const untilUs = finalThroughUs - correlation.timespanUs
  const holds: Hold[] = []
  for (const [at, hit] of hits.entries()) {
    if ((hit.mask & 1) === 0 || hit.timeUs <= decidedUs || hit.timeUs > untilUs) continue
    if (!isFollowed(hits, at, correlation.timespanUs)) holds.push({ hit, value: 1, proof: () => [hit] })
  }
  return holds
}

const isFollowed = (hits: readonly Hit[], at: number, timespanUs: number): boolean => {
  const { timeUs } = hits[at] as Hit
  // Equal times satisfy either order, so peers that sort before it follow it too.
  let next = at
  while (next > 0 && hits[next - 1]?.timeUs === timeUs) next -= 1
  for (; next < hits.length; next += 1) {
    const hit = hits[next] as Hit
    if (hit.timeUs > timeUs + timespanUs) return false
    if ((hit.mask & 2) !== 0) return true
  }
  return false
}
