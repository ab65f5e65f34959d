import { compareCalls } from '../correlate/order.ts'
import type { Hold } from './evaluate/hold.ts'
import type { Findings } from './findings.ts'
import type { LiveWatch } from './live-watch.ts'
import { matchOf, severityRank, type Telling, tellingHolds } from './match.ts'
import type { Watch } from './watch.ts'

/** Final holds are final findings; live ones are provisional as long as they hold. */
export const claimHolds = (
  live: LiveWatch,
  watch: Watch,
  holds: readonly Hold[],
  { claims, tickMs }: { readonly claims: Findings; readonly tickMs: number },
): void => {
  const { rule } = live.node
  const isFinal = finality(live, watch)
  const finals = tellingHolds(rule, holds.filter(isFinal), { bucket: watch.lastBucket, rank: watch.lastRank })
  for (const telling of finals) {
    claims.raise(rule, watch.key, matchOf(telling), { state: 'final', tickMs })
    watch.lastBucket = telling.bucket
    watch.lastRank = severityRank(telling.severity)
  }
  const after = { bucket: watch.lastBucket, rank: Number.MAX_SAFE_INTEGER }
  const isClaimed = (hold: Hold): boolean => live.node.isLive && !isFinal(hold)
  const claimed = tellingHolds(rule, holds.filter(isClaimed), after)
  const isAsBefore = finals.length === 0 && isSameHolds(live.claimed, claimed)
  live.claimed = claimed.map(({ hold }) => hold)
  if (isAsBefore) return
  const settled = new Set([...finals, ...claimed].map(({ bucket }) => bucket))
  for (const bucket of watch.provisional) if (!settled.has(bucket)) claims.withdraw(watch.key, bucket)
  watch.provisional = claimed.map(({ bucket }) => bucket)
  for (const telling of claimed) {
    claims.raise(rule, watch.key, matchOf(telling), { state: 'provisional', tickMs })
  }
}

/** Whether a hold's calls can change no more. */
export const finality = ({ became }: LiveWatch, watch: Watch | null): ((hold: Hold) => boolean) => {
  const last = became.at(-1) ?? watch?.final.at(-1)
  return last === undefined ? () => false : ({ hit }) => compareCalls(hit, last) <= 0
}

const isSameHolds = (before: readonly Hold[] | null, now: readonly Telling[]): boolean =>
  before?.length === now.length && now.every(({ hold }, at) => hold === before[at])
