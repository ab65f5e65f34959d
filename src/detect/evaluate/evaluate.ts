import type { Hit } from '../hit.ts'
import type { Correlation } from '../rule.ts'
import { absenceHolds } from './absence.ts'
import { createBaselineTrack, rememberBuckets } from './baseline.ts'
import type { Track } from './cursor.ts'
import type { Evaluation, History, Hold } from './hold.ts'
import { createMeasure } from './measure.ts'
import { newValueHolds, rememberValues } from './new-value.ts'
import { orderedHolds, rememberChains } from './ordered.ts'
import { tellingHits } from './window.ts'
import { createWindowTrack } from './window-track.ts'

/** Evaluates a correlation that has no track. A plain function of the hits and the history before them. */
export const evaluate = (evaluation: Evaluation): Hold[] => {
  const { logic } = evaluation.correlation
  if (logic.kind === 'ordered') return orderedHolds(evaluation)
  return logic.kind === 'newValue' ? newValueHolds(evaluation, logic) : absenceHolds(evaluation)
}

/** What a correlation adds up along the hits of a group; null for one that is evaluated anew. */
export const createTrack = (
  correlation: Correlation,
  countedMax: number,
  readHistory: () => History | null,
): Track | null => {
  if (correlation.logic.kind === 'baseline') return createBaselineTrack(correlation, correlation.logic, readHistory)
  const measure = createMeasure(correlation)
  return measure === null ? null : createWindowTrack(correlation, countedMax, measure)
}

/** What a watch keeps of its group. */
export interface Kept {
  readonly hits: readonly Hit[]
  readonly history: History | null
}

/** What is kept of a group when hits become final: what later windows still reach and tell by, and the history. */
export const foldFinal = (
  correlation: Correlation,
  before: Kept,
  became: readonly Hit[],
  options: { readonly countedMax: number; readonly finalThroughUs: number },
): Kept => {
  const { logic, timespanUs } = correlation
  const history = before.history ?? {}
  switch (logic.kind) {
    case 'newValue':
      rememberValues(history, became, logic)
      return { hits: [], history }
    case 'ordered':
      rememberChains(history, became, correlation)
      return { hits: [], history }
    case 'baseline':
      return { hits: rememberBuckets(history, { kept: before.hits, became }, { correlation, logic }), history }
    case 'absence': {
      const decidedUs = Math.max(history.decidedUs ?? Number.NEGATIVE_INFINITY, options.finalThroughUs - timespanUs)
      history.decidedUs = decidedUs
      return { hits: [...before.hits, ...became].filter((hit) => hit.timeUs > decidedUs), history }
    }
    default: {
      const startUs = (became.at(-1)?.timeUs ?? 0) - timespanUs
      const within = hitsAfter(before.hits, startUs)
      for (const hit of became) if (hit.timeUs > startUs) within.push(hit)
      const telling = tellingHits(correlation, within)
      const isCapped = logic.kind === 'count' && telling.length > options.countedMax
      return { hits: isCapped ? telling.slice(-options.countedMax) : telling, history: null }
    }
  }
}

/** A copy of hits in order without those up to a time. */
const hitsAfter = (hits: readonly Hit[], timeUs: number): Hit[] => {
  let first = 0
  while (first < hits.length && (hits[first] as Hit).timeUs <= timeUs) first += 1
  return hits.slice(first)
}
