import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'

/** `DESIGN.md` §5: how far the watermark may trail the tick, in microseconds. */
const trailMaxUs = 15 * 60_000_000

interface Source extends Entity {
  /** Newest event time, never beyond the time its record was received. */
  newestUs: number
  /** Tick at which it last brought something. */
  activeMs: number
}

/** The event time of one realm: how far its sources have come. */
export class Sources {
  readonly table = new EntityTable<Source>('sources')
  watermarkUs = 0

  /** A record of the source was read. `timeUs` is null if it held no event. */
  saw(
    name: string,
    options: { readonly timeUs: number | null; readonly receivedUs: number; readonly tickMs: number },
  ): void {
    const source = this.table.get(name) ?? this.table.add(name, { ...fresh, newestUs: 0, activeMs: 0 })
    this.table.touch(name, source)
    source.activeMs = options.tickMs
    // A clock that runs ahead must not make everybody else late.
    if (options.timeUs !== null)
      source.newestUs = Math.max(source.newestUs, Math.min(options.timeUs, options.receivedUs))
  }

  /** Moves the watermark to where it stands at this tick, and returns it. It never moves back. */
  advance(options: { readonly tickMs: number; readonly silentMs: number; readonly latenessUs: number }): number {
    const tickUs = options.tickMs * 1000
    let slowestUs = Number.POSITIVE_INFINITY
    for (const source of this.table.values()) {
      if (source.newestUs === 0 || options.tickMs - source.activeMs > options.silentMs) continue
      slowestUs = Math.min(slowestUs, source.newestUs)
    }
    const reachedUs = slowestUs === Number.POSITIVE_INFINITY ? tickUs - options.latenessUs : slowestUs
    this.watermarkUs = Math.max(this.watermarkUs, Math.min(tickUs, Math.max(reachedUs, tickUs - trailMaxUs)))
    return this.watermarkUs
  }
}
