import { type Hit, valuesText } from '../hit.ts'
import type { BaselineLogic, Correlation } from '../rule.ts'
import type { Track } from './cursor.ts'
import type { History } from './hold.ts'
import { distinctMeasure } from './measure.ts'
import { isWithin } from './measured.ts'
import { tellingHits } from './window.ts'

interface Context {
  readonly correlation: Correlation
  readonly logic: BaselineLogic
}

/** Of a bucket's calls these many prove what it came to. */
const proofMax = 50

/** A bucket of hits, what it comes to so far, and what it is expected to come to at most. */
interface Frame {
  readonly bucket: number
  readonly thresholdMilli: number | null
  readonly tally: Tally
  size: number
}

/** Where a group does more within a bucket than its own past buckets let expect. */
export const createBaselineTrack = (
  correlation: Correlation,
  logic: BaselineLogic,
  readHistory: () => History | null,
): Track => {
  const frames: Frame[] = []
  const frameOf = (bucket: number): Frame => {
    const last = frames.at(-1)
    if (last?.bucket === bucket) return last
    const counts = new Map(readHistory()?.buckets ?? [])
    const tally = createTally(logic, counts.get(bucket) ?? 0)
    for (const frame of frames) counts.set(frame.bucket, frame.tally.value())
    const thresholdMilli = thresholdOf(counts, bucket, { correlation, logic })
    const made: Frame = { bucket, thresholdMilli, tally, size: 0 }
    frames.push(made)
    return made
  }
  const isOf = (hit: Hit | undefined, bucket: number | null): boolean => bucketOf(hit, correlation) === bucket
  return {
    enter: (hits, at, isNew) => {
      const hit = hits[at] as Hit
      const frame = frameOf(Math.floor(hit.timeUs / correlation.timespanUs))
      frame.size += 1
      frame.tally.add(hit, isNew)
    },
    held: () => {
      const { thresholdMilli, tally } = frames.at(-1) as Frame
      const value = tally.value()
      const isMet = thresholdMilli !== null && value * 1000 > thresholdMilli && isWithin(value, logic.bounds)
      return isMet ? value : null
    },
    leave: (hit) => {
      const frame = frames.at(-1) as Frame
      frame.size -= 1
      frame.tally.remove(hit)
      if (frame.size === 0) frames.pop()
    },
    settle: () => undefined,
    forget: (hit) => {
      const frame = frames[0] as Frame
      frame.size -= 1
      frame.tally.forget(hit)
      if (frame.size === 0) frames.shift()
    },
    forgot: () => undefined,
    proof: (hits, at) => {
      const bucket = bucketOf(hits[at], correlation)
      let first = at
      while (first > 0 && isOf(hits[first - 1], bucket)) first -= 1
      return provingHits(correlation, logic, hits.slice(first, at + 1))
    },
  }
}

/** What a bucket's hits come to, on top of what was final before. */
interface Tally {
  readonly add: (hit: Hit, isNew: boolean) => void
  readonly remove: (hit: Hit) => void
  /** Takes a final hit out that what was final before stands for. */
  readonly forget: (hit: Hit) => void
  readonly value: () => number
}

const createTally = ({ fields }: BaselineLogic, countBefore: number): Tally => {
  if (fields.length === 0) {
    let count = countBefore
    return {
      // Those that are not new are in the count before.
      add: (_hit, isNew) => {
        if (isNew) count += 1
      },
      remove: () => {
        count -= 1
      },
      forget: () => undefined,
      value: () => count,
    }
  }
  const measure = distinctMeasure(
    (hit) => valuesText(hit, fields),
    () => true,
  )
  return { add: measure.add, remove: measure.remove, forget: measure.remove, value: () => measure.held() as number }
}

const provingHits = (correlation: Correlation, logic: BaselineLogic, hits: readonly Hit[]): readonly Hit[] =>
  (logic.fields.length === 0 ? hits : tellingHits(distinctOf(correlation, logic), hits)).slice(-proofMax)

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
    const tally = createTally(logic, counts.get(bucket) ?? 0)
    for (const hit of current) tally.add(hit, false)
    for (const hit of hits) tally.add(hit, true)
    counts.set(bucket, tally.value())
    current = [...current, ...hits]
    forgetBuckets(counts, bucket - lookbackBuckets(context))
  }
  return logic.fields.length === 0 ? current.slice(-proofMax) : tellingHits(distinctOf(correlation, logic), current)
}

const forgetBuckets = (counts: Map<number, number>, oldest: number): void => {
  for (const bucket of counts.keys()) if (bucket < oldest) counts.delete(bucket)
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
