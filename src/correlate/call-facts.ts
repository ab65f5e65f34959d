import { bareToolOf, type Call, type CallFacts, decidedBy, firstText, methodOf, serverOf, startOf } from './call.ts'
import type { Standings } from './standings.ts'
import type { View } from './view.ts'
import type { ViewPool } from './view-pool.ts'

/** What the views of a call, outermost first, say of it. */
export const factsOf = (
  views: readonly View[],
  { pool, standings }: { readonly pool: ViewPool; readonly standings: Standings },
): CallFacts => {
  const timeUs = startOf(views)
  const actor = pool.merge(views)
  const { agent, rung } = standings.of(actor, timeUs, traceOf(views))
  return {
    views,
    actor,
    timeUs,
    method: firstText(views, methodOf),
    tool: bareToolOf(views),
    server: firstText(views, serverOf),
    decision: decidedBy(views)?.decision ?? 'not_evaluated',
    agent,
    rung,
  }
}

/** Whether the facts give the call another place among the live calls or sessions. */
export const isPlacedElsewhere = (call: Call, facts: CallFacts): boolean =>
  facts.rung.key !== call.rung.key ||
  facts.rung.group !== call.rung.group ||
  facts.rung.boundKey !== call.rung.boundKey ||
  facts.timeUs !== call.timeUs ||
  facts.method !== call.method

/** Whether the call adds something else to its session. */
export const isCountedOtherwise = (call: Call, facts: CallFacts): boolean =>
  facts.decision !== call.decision ||
  facts.tool !== call.tool ||
  facts.server !== call.server ||
  facts.agent !== call.agent ||
  facts.actor !== call.actor

/** Whether all of the call's views are among `views`. */
export const isSubset = (before: readonly View[], views: readonly View[]): boolean =>
  before.length <= views.length && before.every((view) => views.includes(view))

/** The trace of its outermost view that is part of one. */
export const traceOf = (views: readonly View[]): string => {
  for (const { traceId } of views) if (traceId !== '') return traceId
  return ''
}
