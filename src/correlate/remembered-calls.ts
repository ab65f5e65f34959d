import type { ActivityEvent } from '../event/event.ts'
import type { Call } from './call.ts'
import { callValue, isComplete } from './call-value.ts'
import type { Join } from './joins.ts'
import { bestCall } from './partition.ts'

/**
 * Final calls that lack a layer: their access line may come hours later. It changes the call's row and nothing else;
 * sessions and findings stay as they were proved.
 */
export class RememberedCalls {
  /** Calls forgotten because there were more than the bound, before their time was over. */
  forgotten = 0
  /** Joins with such calls and the tick since when, oldest first. */
  readonly #joins = new Map<Join, number>()

  add(join: Join, call: Call): void {
    join.remembered.push(call)
    if (!this.#joins.has(join)) this.#joins.set(join, join.firstSeenMs)
  }

  /** The remembered call that the event belongs to, with the event in it; null if it is of none. */
  recall(join: Join, event: ActivityEvent): Call | null {
    const views = bestCall(
      join.remembered.map((call) => [...call.events]),
      event,
    )
    const call = join.remembered.find((candidate) => candidate.events[0] === views?.[0])
    if (views === null || call === undefined) return null
    const decision = call.value.decision
    call.events = [...views, event]
    call.value = { ...callValue(call.events), id: call.id }
    if (call.value.decision !== decision) call.isLateChanged = true
    if (isComplete(call.events)) {
      join.remembered = join.remembered.filter((other) => other !== call)
      if (join.remembered.length === 0) this.#joins.delete(join)
    }
    return call
  }

  /** Forgets the calls of joins that waited for `keepMs`, and the oldest above the bound; `forget` empties a join. */
  expire(
    options: { readonly tickMs: number; readonly keepMs: number; readonly joinsMax: number },
    forget: (join: Join) => void,
  ): void {
    for (const [join, sinceMs] of this.#joins) {
      const isYoung = sinceMs + options.keepMs > options.tickMs
      if (isYoung && this.#joins.size <= options.joinsMax) break
      if (isYoung) this.forgotten += join.remembered.length
      this.#joins.delete(join)
      forget(join)
    }
  }

  /** Rebuilds what is derived, after a snapshot was loaded into the joins. */
  reindex(joins: Iterable<Join>): void {
    const remembered = [...joins].filter((join) => join.remembered.length > 0)
    for (const join of remembered.sort((a, b) => a.firstSeenMs - b.firstSeenMs)) this.#joins.set(join, join.firstSeenMs)
  }
}
