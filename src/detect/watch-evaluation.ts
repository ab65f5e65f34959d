import type { Gathered } from './evaluate/can-hold.ts'
import { evaluate, foldFinal } from './evaluate/evaluate.ts'
import type { Hold } from './evaluate/hold.ts'
import type { Hit } from './hit.ts'
import { type RuleNode, trimHit } from './rule-node.ts'
import type { Watch } from './watch.ts'

/** Final hits that one watch keeps, whatever its correlation: the newest. */
const finalHitsMax = 10_000

export interface EvaluatedWatch {
  readonly hits: readonly Hit[]
  readonly holds: readonly Hold[]
  /** So many of the hits are final. */
  readonly finalCount: number
}

/** Where a watch holds over what was final, what became final and what is live. */
export const evaluateWatch = (
  { correlation, countedMax }: RuleNode,
  { final, became, history }: Gathered,
  now: { readonly live: readonly Hit[]; readonly finalThroughUs: number },
): EvaluatedWatch => {
  const hits = [...final, ...became, ...now.live]
  const from = final.length
  const holds = evaluate({ correlation, hits, from, history, countedMax, finalThroughUs: now.finalThroughUs })
  return { hits, holds, finalCount: from + became.length }
}

/** Takes what became final into the watch, and lets go of what no later window reaches. */
export const foldWatch = (
  node: RuleNode,
  watch: Watch,
  { became, finalThroughUs }: { readonly became: readonly Hit[]; readonly finalThroughUs: number },
): void => {
  const { correlation, countedMax } = node
  const before = { hits: watch.final, history: watch.history }
  const kept = foldFinal(correlation, before, became, { countedMax, finalThroughUs })
  const isNew = new Set(became)
  const keep = (hit: Hit): Hit => (isNew.has(hit) ? trimHit(node, hit) : hit)
  watch.final = kept.hits.slice(-finalHitsMax).map(keep)
  watch.history = kept.history
  if (kept.history?.chains !== undefined) kept.history.chains = kept.history.chains.map((chain) => chain?.map(keep))
  watch.lastUs = became.at(-1)?.timeUs ?? watch.lastUs
}
