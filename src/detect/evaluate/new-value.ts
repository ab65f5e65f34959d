import { type Hit, valuesText } from '../hit.ts'
import type { NewValueLogic } from '../rule.ts'
import { type Evaluation, type History, type Hold, lastPeer } from './hold.ts'

/** More values than this of one group are not told apart: it makes up new ones all the time. */
const valuesMax = 2_000

/** Where a group shows a value that it did not show within the lookback, once it has been known long enough. */
export const newValueHolds = (evaluation: Evaluation, logic: NewValueLogic): Hold[] => {
  const { hits, from } = evaluation
  const known: ReadonlyMap<string, number> = evaluation.history?.values ?? new Map()
  const seen = new Map<string, number>()
  let firstUs = evaluation.history?.firstUs ?? Number.MAX_SAFE_INTEGER
  const holds: Hold[] = []
  for (let first = from; first < hits.length; ) {
    const last = lastPeer(hits, first)
    const timeUs = (hits[first] as Hit).timeUs
    const peers = hits.slice(first, last + 1)
    const isKnownLong = firstUs <= timeUs - logic.warmUpUs && known.size < valuesMax
    const fresh = peers.filter((hit) => {
      const value = valuesText(hit, logic.fields)
      const lastUs = seen.get(value) ?? known.get(value) ?? Number.NEGATIVE_INFINITY
      return value !== '' && lastUs <= timeUs - logic.lookbackUs
    })
    if (isKnownLong && fresh.length > 0) holds.push({ hit: hits[last] as Hit, value: fresh.length, proof: () => fresh })
    for (const hit of peers) seen.set(valuesText(hit, logic.fields), timeUs)
    firstUs = Math.min(firstUs, timeUs)
    first = last + 1
  }
  return holds
}

/** Takes final hits into the history. */
export const rememberValues = (history: History, hits: readonly Hit[], logic: NewValueLogic): void => {
  const values = history.values ?? new Map<string, number>()
  for (const hit of hits) {
    history.firstUs = Math.min(history.firstUs ?? hit.timeUs, hit.timeUs)
    const value = valuesText(hit, logic.fields)
    if (value === '') continue
    // Set anew, so that the map stays in the order in which values were last seen.
    values.delete(value)
    values.set(value, hit.timeUs)
  }
  const lastUs = hits.at(-1)?.timeUs ?? 0
  for (const [value, seenUs] of values) {
    if (seenUs > lastUs - logic.lookbackUs && values.size <= valuesMax) break
    values.delete(value)
  }
  history.values = values
}
