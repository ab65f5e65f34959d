import { type Hit, valuesText } from '../hit.ts'
import type { NewValueLogic } from '../rule.ts'
import { type Evaluation, type History, type Hold, lastPeer, newHistory } from './hold.ts'

/** More values than this of one group are not told apart: it makes up new ones all the time. */
const valuesMax = 2_000

/** Where a group shows a value that it did not show within the lookback, once it has been known long enough. */
export const newValueHolds = (evaluation: Evaluation, logic: NewValueLogic): Hold[] => {
  const { hits, from } = evaluation
  const known = evaluation.history ?? newHistory()
  const seen = new Map<string, number>()
  let firstUs = known.firstUs
  const holds: Hold[] = []
  for (let first = from; first < hits.length; ) {
    const last = lastPeer(hits, first)
    const timeUs = (hits[first] as Hit).timeUs
    const peers = hits.slice(first, last + 1)
    const isKnownLong = firstUs <= timeUs - logic.warmUpUs && known.values.size < valuesMax
    const fresh = peers.filter((hit) => {
      const value = valuesText(hit, logic.fields)
      const lastUs = seen.get(value) ?? known.values.get(value) ?? Number.NEGATIVE_INFINITY
      return value !== '' && lastUs <= timeUs - logic.lookbackUs
    })
    if (isKnownLong && fresh.length > 0) holds.push({ at: last, value: fresh.length, proof: () => fresh })
    for (const hit of peers) seen.set(valuesText(hit, logic.fields), timeUs)
    firstUs = Math.min(firstUs, timeUs)
    first = last + 1
  }
  return holds
}

/** Takes final hits into the history. */
export const rememberValues = (history: History, hits: readonly Hit[], logic: NewValueLogic): void => {
  for (const hit of hits) {
    history.firstUs = Math.min(history.firstUs, hit.timeUs)
    const value = valuesText(hit, logic.fields)
    if (value === '') continue
    // Set anew, so that the map stays in the order in which values were last seen.
    history.values.delete(value)
    history.values.set(value, hit.timeUs)
  }
  const lastUs = hits.at(-1)?.timeUs ?? 0
  for (const [value, seenUs] of history.values) {
    if (seenUs > lastUs - logic.lookbackUs && history.values.size <= valuesMax) break
    history.values.delete(value)
  }
}
