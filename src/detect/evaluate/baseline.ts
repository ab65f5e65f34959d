import { type Hit, valuesText } from '../hit.ts'
import type { BaselineLogic, Correlation } from '../rule.ts'
import type { Evaluation, History, Hold } from './hold.ts'
import { isWithin } from './measured.ts'
import { tellingHits } from './window.ts'

interface Context {
  readonly correlation: Correlation
  readonly logic: BaselineLogic
}

/** Of a bucket's calls these many prove what it came to. */
const proofMax = 50

/** Where a group does more within a bucket than its own past buckets let expect. */
export const baselineHolds = (evaluation: Evaluation, logic: BaselineLogic): Hold[] => {
  const { correlation, hits } = evaluation
  const counts = new Map(evaluation.history?.buckets ?? [])
  const holds: Hold[] = []
  for (const bucket of bucketsOf(hits, correlation)) holds.push(...bucketHolds(evaluation, { logic, bucket, counts }))
  return holds
}

const bucketHolds = (
  { correlation, hits, from }: Evaluation,
  {
    logic,
    bucket,
    counts,
  }: { readonly logic: BaselineLogic; readonly bucket: Bucket; readonly counts: Map<number, number> },
): Hold[] => {
  const { first, last } = bucket
  const thresholdMilli = thresholdOf(counts, bucket.bucket, { correlation, logic })
  const tally = createTally(logic, hits.slice(first, from), counts.get(bucket.bucket) ?? 0)
  const holds: Hold[] = []
  for (let at = Math.max(first, from); at <= last; at += 1) {
    const value = tally(hits[at] as Hit)
    counts.set(bucket.bucket, value)
    const isMet = thresholdMilli !== null && value * 1000 > thresholdMilli && isWithin(value, logic.bounds)
    if (!isMet || hits[at + 1]?.timeUs === hits[at]?.timeUs) continue
    holds.push({ at, value, proof: () => hits.slice(first, at + 1).slice(-proofMax) })
  }
  return holds
}

/** Takes final hits into the buckets' counts, and returns the hits that the newest bucket still needs. */
export const rememberBuckets = (
  history: History,
  { kept, became }: { readonly kept: readonly Hit[]; readonly became: readonly Hit[] },
  context: Context,
): readonly Hit[] => {
  const { correlation, logic } = context
  const counts = history.buckets ?? new Map<number, number>()
  history.buckets = counts
  let current = kept
  for (const { bucket, first, last } of bucketsOf(became, correlation)) {
    const hits = became.slice(first, last + 1)
    if (bucketOf(current[0], correlation) !== bucket) current = []
    const tally = createTally(logic, current, counts.get(bucket) ?? 0)
    for (const hit of hits) counts.set(bucket, tally(hit))
    current = [...current, ...hits]
    forgetBuckets(counts, bucket - lookbackBuckets(context))
  }
  return logic.fields.length === 0 ? current.slice(-proofMax) : tellingHits(distinctOf(correlation, logic), current)
}

const forgetBuckets = (counts: Map<number, number>, oldest: number): void => {
  for (const bucket of counts.keys()) if (bucket < oldest) counts.delete(bucket)
}

/** Counts hits, or distinct values of them, on top of what was there before. */
const createTally = (logic: BaselineLogic, before: readonly Hit[], countBefore: number): ((hit: Hit) => number) => {
  if (logic.fields.length === 0) {
    let count = countBefore
    return () => {
      count += 1
      return count
    }
  }
  const values = new Set(before.map((hit) => valuesText(hit, logic.fields)))
  values.delete('')
  return (hit) => {
    const value = valuesText(hit, logic.fields)
    if (value !== '') values.add(value)
    return values.size
  }
}

const distinctOf = (correlation: Correlation, { fields }: BaselineLogic): Correlation => ({
  ...correlation,
  logic: { kind: 'distinct', fields, bounds: [] },
})

const lookbackBuckets = ({ correlation, logic }: Context): number =>
  Math.floor(logic.lookbackUs / correlation.timespanUs)

const bucketOf = (hit: Hit | undefined, { timespanUs }: Correlation): number | null =>
  hit === undefined ? null : Math.floor(hit.timeUs / timespanUs)

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
const thresholdOf = (counts: ReadonlyMap<number, number>, bucket: number, context: Context): number | null => {
  const { logic } = context
  const oldest = bucket - lookbackBuckets(context)
  const values: number[] = []
  for (const [known, value] of counts) if (known >= oldest && known < bucket) values.push(value)
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
