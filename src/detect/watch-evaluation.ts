import { compareCalls } from '../correlate/order.ts'
import type { Gathered } from './evaluate/can-hold.ts'
import { Cursor } from './evaluate/cursor.ts'
import { createTrack, evaluate, foldFinal } from './evaluate/evaluate.ts'
import type { History, Hold } from './evaluate/hold.ts'
import type { Hit } from './hit.ts'
import type { LiveWatch } from './live-watch.ts'
import { tellsMore } from './match.ts'
import { type RuleNode, trimHit } from './rule-node.ts'
import type { Watch } from './watch.ts'

/** Final hits that one watch keeps, whatever its correlation: the newest. */
const finalHitsMax = 10_000

/** Where a watch holds over what was final, what became final and what is live. Only what changed is evaluated. */
export const holdsOf = (
  live: LiveWatch,
  { final, became, history }: Gathered,
  finalThroughUs: number,
): readonly Hold[] => {
  const { node, cursor, changedUs } = live
  live.changedUs = Number.POSITIVE_INFINITY
  if (cursor?.reaches(changedUs)) {
    if (changedUs < Number.POSITIVE_INFINITY) {
      const changed = became.filter((hit) => hit.timeUs >= changedUs)
      cursor.exchange(changedUs, [...changed, ...live.hitsSince(changedUs)])
    }
    return cursor.holds
  }
  const all = live.hitsSince(Number.NEGATIVE_INFINITY)
  const track = createTrack(node.correlation, node.countedMax, () => live.remembered?.history ?? null)
  if (track === null) {
    const hits = [...final, ...became, ...all]
    return evaluate({ correlation: node.correlation, hits, from: final.length, history, finalThroughUs })
  }
  live.cursor = new Cursor(track, (hold, before) => node.parent !== null || tellsMore(node.rule, hold, before))
  live.cursor.start({ final, became, live: all })
  return live.cursor.holds
}

/** Takes what became final into the watch, and lets go of what no later window reaches. */
export const foldLive = (live: LiveWatch, watch: Watch, finalThroughUs: number): void => {
  const { node, became } = live
  const count = watch.final.length + became.length
  foldWatch(node, watch, { became, finalThroughUs })
  live.cursor?.fold(count, watch.final)
  live.became = []
}

const foldWatch = (
  node: RuleNode,
  watch: Watch,
  { became, finalThroughUs }: { readonly became: readonly Hit[]; readonly finalThroughUs: number },
): void => {
  const { correlation, countedMax } = node
  const before = { hits: watch.final, history: watch.history }
  const kept = foldFinal(correlation, before, became, { countedMax, finalThroughUs })
  const final = kept.hits.length > finalHitsMax ? kept.hits.slice(-finalHitsMax) : kept.hits
  watch.final = trimNewest(node, final, became)
  watch.history = kept.history
  const chains = kept.history?.chains
  if (chains?.some((chain) => chain !== undefined)) {
    const isNew = new Set(became)
    const trim = (hit: Hit): Hit => (isNew.has(hit) ? trimHit(node, hit) : hit)
    ;(kept.history as History).chains = chains.map((chain) => chain?.map(trim))
  }
  watch.lastUs = became.at(-1)?.timeUs ?? watch.lastUs
}

/** Hits in order, of which those that became final just now are trimmed: they are the newest. */
const trimNewest = (node: RuleNode, hits: readonly Hit[], became: readonly Hit[]): readonly Hit[] => {
  const [oldest] = became
  if (oldest === undefined) return hits
  const trimmed = [...hits]
  for (let at = trimmed.length - 1; at >= 0; at -= 1) {
    const hit = trimmed[at] as Hit
    if (compareCalls(hit, oldest) < 0) break
    trimmed[at] = trimHit(node, hit)
  }
  return trimmed
}
