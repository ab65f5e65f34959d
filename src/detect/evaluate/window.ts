import { type Hit, valuesText } from '../hit.ts'
import type { Bound, Correlation } from '../rule.ts'
import { type Evaluation, type Hold, memberMaskOf } from './hold.ts'
import type { Measure } from './measure.ts'

/** A window is counted exactly up to this, or to twice the highest count that is asked for. */
const countedMin = 50

/**
 * Where a measure holds over the window (t − timespan, t] of each moment. A window counts its newest hits: enough to
 * tell every bound, and the same however much of it is final already.
 */
export const windowHolds = (evaluation: Evaluation, measure: Measure): Hold[] => {
  const { correlation, hits, from } = evaluation
  const holds: Hold[] = []
  let oldest = 0
  for (let at = 0; at < hits.length; at += 1) {
    const hit = hits[at] as Hit
    measure.add(hit)
    // Equal times are peers: the window of a call holds them all, so the last of them completes it.
    if (at < from || hits[at + 1]?.timeUs === hit.timeUs) continue
    for (const first = firstOf(evaluation, oldest, at); oldest < first; oldest += 1) measure.remove(hits[oldest] as Hit)
    const value = measure.held()
    if (value === null) continue
    const first = oldest
    holds.push({ at, value, proof: () => tellingHits(correlation, hits.slice(first, at + 1)) })
  }
  return holds
}

/** Where the window of the hit at `at` begins, given that it begins no earlier than at `oldest`. */
const firstOf = ({ correlation, hits, countedMax }: Evaluation, oldest: number, at: number): number => {
  const startUs = (hits[at] as Hit).timeUs - correlation.timespanUs
  let first = correlation.logic.kind === 'count' ? Math.max(oldest, at + 1 - countedMax) : oldest
  while ((hits[first] as Hit).timeUs <= startUs) first += 1
  return first
}

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
