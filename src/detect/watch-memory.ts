import { EntityTable } from '../correlate/entity-table.ts'
import type { LiveWatch } from './live-watch.ts'
import { createWatch, type Watch } from './watch.ts'

/** About 1 KB each while idle. Beyond, the ones that saw nothing for longest are forgotten. */
const watchesMax = 200_000
/** Forgetting looks at all of them, so it makes room for a while. */
const watchesAfterForgetting = watchesMax * 0.9

/** What is remembered of each group that a correlation watches, beyond the calls that can still change. */
export class WatchMemory {
  readonly table = new EntityTable<Watch>('watches')
  /** Watches that were forgotten because there were too many. */
  forgotten = 0

  /** What is remembered of the group, if anything is. */
  of(live: LiveWatch): Watch | null {
    if (live.remembered === undefined) live.remembered = this.table.get(live.key) ?? null
    return live.remembered
  }

  /** The same, about to be changed. */
  keep(live: LiveWatch): Watch {
    const known = this.of(live)
    if (known !== null) {
      this.table.touch(known.key, known)
      return known
    }
    const { key } = live
    live.remembered = this.table.add(key, createWatch(live.node, key))
    return live.remembered
  }

  /** Forgets what no later call can fall into. `usesOf` tells whether a watch is in use, and how long it matters. */
  expire(
    finalThroughUs: number,
    usesOf: (watch: Watch) => { readonly isLive: boolean; readonly keepUs: number },
  ): void {
    const idle: Watch[] = []
    const isFull = this.table.size > watchesMax
    for (const [key, watch] of this.table.entries()) {
      const { isLive, keepUs } = usesOf(watch)
      if (isLive || watch.provisional.length > 0) continue
      if (watch.lastUs + keepUs < finalThroughUs) this.table.delete(key)
      else if (isFull) idle.push(watch)
    }
    if (this.table.size > watchesMax) this.#forget(idle)
  }

  #forget(idle: readonly Watch[]): void {
    const times = Float64Array.from(idle, (watch) => watch.lastUs).sort()
    const count = Math.min(this.table.size - watchesAfterForgetting, times.length)
    const throughUs = times[count - 1] ?? Number.NEGATIVE_INFINITY
    for (const { key, lastUs } of idle) {
      if (lastUs > throughUs) continue
      this.table.delete(key)
      this.forgotten += 1
    }
  }
}
