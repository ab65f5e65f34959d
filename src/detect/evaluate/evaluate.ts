import type { Hit } from '../hit.ts'
import type { Correlation } from '../rule.ts'
import { absenceHolds } from './absence.ts'
import { baselineHolds, rememberBuckets } from './baseline.ts'
import { type Evaluation, type History, type Hold, newHistory } from './hold.ts'
import { createMeasure } from './measure.ts'
import { newValueHolds, rememberValues } from './new-value.ts'
import { orderedHolds } from './ordered.ts'
import { windowHolds } from './window.ts'

/**
 * Where a correlation holds. A plain function of the hits and the history before them: the stream evaluates it over final
 * and live calls together, and history gives the same answer.
 */
export const evaluate = (evaluation: Evaluation): Hold[] => {
  const { correlation } = evaluation
  const measure = createMeasure(correlation)
  if (measure !== null) return windowHolds(evaluation, measure)
  switch (correlation.logic.kind) {
    case 'ordered':
      return orderedHolds(evaluation)
    case 'newValue':
      return newValueHolds(evaluation, correlation.logic)
    case 'baseline':
      return baselineHolds(evaluation, correlation.logic)
    default:
      return absenceHolds(evaluation)
  }
}

/** What is kept of a group when hits become final: the hits that later windows still reach, and the history. */
export const foldFinal = (
  correlation: Correlation,
  final: { readonly hits: readonly Hit[]; readonly history: History | null; readonly isNew: (hit: Hit) => boolean },
  options: { readonly keepUs: number; readonly finalThroughUs: number },
): { readonly hits: readonly Hit[]; readonly history: History | null } => {
  const { logic } = correlation
  const { hits } = final
  if (logic.kind === 'newValue') {
    const history = final.history ?? newHistory()
    rememberValues(history, hits.filter(final.isNew), logic)
    return { hits: [], history }
  }
  if (logic.kind === 'baseline') {
    const history = final.history ?? newHistory()
    return { hits: rememberBuckets(history, hits, { correlation, logic }), history }
  }
  if (logic.kind === 'absence') {
    const history = final.history ?? newHistory()
    history.decidedUs = Math.max(history.decidedUs, options.finalThroughUs - correlation.timespanUs)
    return { hits: hits.filter((hit) => hit.timeUs > history.decidedUs), history }
  }
  const lastUs = hits.at(-1)?.timeUs ?? 0
  return { hits: hits.filter((hit) => hit.timeUs > lastUs - options.keepUs), history: null }
}
