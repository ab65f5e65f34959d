import { type Hit, valuesText } from '../hit.ts'
import type { BaselineLogic, Correlation } from '../rule.ts'
import { type Evaluation, type History, type Hold, newHistory } from './hold.ts'
import { countMeasure, distinctMeasure, type Measure } from './measure.ts'
import { isWithin } from './measured.ts'

/** Where a group does more within a bucket than its own past buckets let expect. */
export const baselineHolds = (evaluation: Evaluation, logic: BaselineLogic): Hold[] => {
  const { correlation, hits, from } = evaluation
  const past = new Map((evaluation.history ?? newHistory()).buckets)
  const holds: Hold[] = []
  for (const { bucket, first, last } of bucketsOf(hits, correlation)) {
    const thresholdMilli = thresholdOf(past, bucket, { correlation, logic })
    const measure = measureOf(logic)
    for (let at = first; at <= last; at += 1) {
      const hit = hits[at] as Hit
      measure.add(hit)
      if (at < from || hits[at + 1]?.timeUs === hit.timeUs || thresholdMilli === null) continue
      const value = Number(measure.held())
      if (value * 1000 <= thresholdMilli || !isWithin(value, logic.bounds)) continue
      holds.push({ at, value, proof: () => hits.slice(first, at + 1) })
    }
    past.set(bucket, Number(measure.held()))
  }
  return holds
}

/** Takes buckets that are over into the history, and returns the hits of the one that is not. */
export const rememberBuckets = (
  history: History,
  hits: readonly Hit[],
  { correlation, logic }: Context,
): readonly Hit[] => {
  const buckets = bucketsOf(hits, correlation)
  const current = buckets.at(-1)
  if (current === undefined) return hits
  for (const { bucket, first, last } of buckets.slice(0, -1)) {
    const measure = measureOf(logic)
    for (const hit of hits.slice(first, last + 1)) measure.add(hit)
    history.buckets.set(bucket, Number(measure.held()))
  }
  for (const bucket of history.buckets.keys()) {
    if (bucket < current.bucket - Math.floor(logic.lookbackUs / correlation.timespanUs)) history.buckets.delete(bucket)
  }
  return hits.slice(current.first)
}

interface Context {
  readonly correlation: Correlation
  readonly logic: BaselineLogic
}

const measureOf = (logic: BaselineLogic): Measure =>
  logic.fields.length === 0 ? countMeasure(always) : distinctMeasure((hit) => valuesText(hit, logic.fields), always)

const always = (): boolean => true

interface Bucket {
  readonly bucket: number
  readonly first: number
  last: number
}

const bucketsOf = (hits: readonly Hit[], { timespanUs }: Correlation): readonly Bucket[] => {
  const buckets: Bucket[] = []
  for (const [at, hit] of hits.entries()) {
    const bucket = Math.floor(hit.timeUs / timespanUs)
    const current = buckets.at(-1)
    if (current?.bucket === bucket) current.last = at
    else buckets.push({ bucket, first: at, last: at })
  }
  return buckets
}

/** Median and median deviation by nearest rank, in thousandths; null while too little is known. */
const thresholdOf = (
  past: ReadonlyMap<number, number>,
  bucket: number,
  { correlation, logic }: Context,
): number | null => {
  const oldest = bucket - Math.floor(logic.lookbackUs / correlation.timespanUs)
  const values: number[] = []
  for (const [known, value] of past) if (known >= oldest && known < bucket) values.push(value)
  if (values.length < logic.bucketsMin) return null
  const median = medianOf(values)
  const deviation = medianOf(values.map((value) => Math.abs(value - median)))
  // A group that always does the same has no deviation; one more is no anomaly.
  return median * 1000 + Math.round(logic.deviations * 1000) * Math.max(deviation, 1)
}

const medianOf = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? 0
}
