import { type Entity, fresh } from '../correlate/entity-table.ts'
import { compareCalls } from '../correlate/order.ts'
import type { History } from './evaluate/hold.ts'
import type { Hit } from './hit.ts'
import type { RuleNode } from './rule-node.ts'

/** One correlation's view of one group. Plain data: a snapshot holds it, and so every window. */
export interface Watch extends Entity {
  /** Key and version of its node: with another version its windows mean something else. */
  readonly node: string
  readonly version: string
  readonly key: string
  /** Hits that are final and still within the window of a later one, in order. */
  final: readonly Hit[]
  history: History | null
  /** The newest bucket with a final finding, and how bad that is. */
  lastBucket: number | null
  lastRank: number
  /** Buckets with a provisional finding. */
  provisional: readonly number[]
  lastUs: number
}

export const createWatch = (node: RuleNode, key: string): Watch => ({
  ...fresh,
  node: node.key,
  version: node.rule.version,
  key,
  final: [],
  history: null,
  lastBucket: null,
  lastRank: -1,
  provisional: [],
  lastUs: 0,
})

/** How long after its last hit a watch can still matter; longer if it has found something. */
export const keepWatchUs = ({ correlation }: RuleNode, hasFound: boolean): number => {
  const { logic, timespanUs } = correlation
  const lookbackUs =
    logic.kind === 'newValue'
      ? Math.max(logic.lookbackUs, logic.warmUpUs)
      : logic.kind === 'baseline'
        ? logic.lookbackUs
        : 0
  // A bucket longer than the window then: an adjacent bucket continues an incident.
  return Math.max(hasFound || lookbackUs > 0 ? timespanUs * 2 : timespanUs, lookbackUs)
}

/** Hits in order, one for each call. */
export const inOrder = (hits: Hit[]): Hit[] => (isInOrder(hits) ? hits : mergePeers([...hits].sort(compareCalls)))

const isInOrder = (hits: readonly Hit[]): boolean => {
  for (let at = 1; at < hits.length; at += 1) if (compareCalls(hits[at - 1] as Hit, hits[at] as Hit) >= 0) return false
  return true
}

/** Of hits in order: one call that comes as several inputs – by itself and through inner correlations – is one hit. */
export const mergePeers = (hits: Hit[]): Hit[] => {
  if (!hits.some((hit, at) => hits[at - 1]?.id === hit.id)) return hits
  const merged: Hit[] = []
  for (const hit of hits) {
    const last = merged.at(-1)
    if (last?.id !== hit.id) merged.push(hit)
    else merged[merged.length - 1] = { ...last, mask: last.mask | hit.mask, proof: [...last.proof, ...hit.proof] }
  }
  return merged
}
