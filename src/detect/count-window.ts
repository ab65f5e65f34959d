import type { CallFact, CountRule } from './rule.ts'

/** A bucket in which a rule's condition held, and the calls that made it hold first. */
export interface Match {
  readonly bucket: number
  /** The calls within the window when the condition first held, in order; the last one completed it. */
  readonly calls: readonly CallFact[]
}

/**
 * Where a rule holds over `calls`, given in order, at most once per bucket. Only calls from index `from` on can complete
 * it: those before are there for their windows, and `lastBucket` is the bucket in which they held last.
 * A plain function: the stream evaluates it over final and live calls together, and history gives the same answer.
 */
export const matchesOf = (
  rule: Pick<CountRule, 'timespanUs' | 'countMin'>,
  calls: readonly CallFact[],
  { from, lastBucket }: { readonly from: number; readonly lastBucket: number | null },
): Match[] => {
  const matches: Match[] = []
  let oldest = 0
  let last = lastBucket
  for (let at = from; at < calls.length; at += 1) {
    const call = calls[at]
    if (call === undefined) break
    // Equal times are peers: the window of a call holds them all, so the last of them completes it.
    if (calls[at + 1]?.timeUs === call.timeUs) continue
    while ((calls[oldest]?.timeUs ?? 0) <= call.timeUs - rule.timespanUs) oldest += 1
    if (at - oldest + 1 < rule.countMin) continue
    const bucket = Math.floor(call.timeUs / rule.timespanUs)
    if (bucket === last) continue
    last = bucket
    matches.push({ bucket, calls: calls.slice(oldest, at + 1) })
  }
  return matches
}
