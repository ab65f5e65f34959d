import { evaluate, foldFinal } from './evaluate/evaluate.ts'
import type { Hold } from './evaluate/hold.ts'
import type { Hit } from './hit.ts'
import type { RuleNode } from './rule-node.ts'
import type { Watch } from './watch.ts'

/** Final hits that one watch keeps: the newest. A window with more holds whatever its condition counts. */
const finalHitsMax = 10_000

export interface EvaluatedWatch {
  readonly hits: readonly Hit[]
  readonly holds: readonly Hold[]
  /** So many of the hits are final. */
  readonly finalCount: number
}

/** Where a watch holds over what was final, what became final and what is live. */
export const evaluateWatch = (
  { correlation }: RuleNode,
  watch: Watch,
  now: { readonly became: readonly Hit[]; readonly live: readonly Hit[]; readonly finalThroughUs: number },
): EvaluatedWatch => {
  const hits = [...watch.final, ...now.became, ...now.live]
  const holds = evaluate({
    correlation,
    hits,
    from: watch.final.length,
    history: watch.history,
    finalThroughUs: now.finalThroughUs,
  })
  return { hits, holds, finalCount: watch.final.length + now.became.length }
}

/** Takes what became final into the watch, and lets go of what no later window reaches. */
export const foldWatch = (
  { correlation, keepUs }: RuleNode,
  watch: Watch,
  { became, finalThroughUs }: { readonly became: readonly Hit[]; readonly finalThroughUs: number },
): void => {
  const isNew = new Set(became)
  const kept = foldFinal(
    correlation,
    { hits: [...watch.final, ...became], history: watch.history, isNew: (hit) => isNew.has(hit) },
    { keepUs, finalThroughUs },
  )
  watch.final = kept.hits.slice(-finalHitsMax)
  watch.history = kept.history
  watch.lastUs = became.at(-1)?.timeUs ?? watch.lastUs
}
