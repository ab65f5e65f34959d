import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'

/** Batch ids and vendors' ids are remembered for a day (`DESIGN.md` §3, promise 3), positions for ever. */
const rememberMs = 24 * 3600 * 1000
/** At about 150 bytes each, 150 MB. What is forgotten before its day is over is counted. */
const idsMax = 1_000_000

interface SeenId extends Entity {
  readonly atMs: number
  /** For a batch: how its records ended. */
  outcomes: OutcomeCounts | null
}

export type RecordOutcome = 'stored' | 'ignored' | 'duplicate' | 'rejected'
export type OutcomeCounts = Record<RecordOutcome, number>

interface SeenPosition extends Entity {
  /** The next byte that is new. */
  nextOffset: number
}

/** Tells a redelivery from something new. */
export class Seen {
  readonly ids = new EntityTable<SeenId>('seenIds')
  readonly positions = new EntityTable<SeenPosition>('seenPositions')
  /** Ids forgotten because there were more than the bound, before their day was over. */
  forgotten = 0

  /** Whether the id (of a batch or of a vendor's record) is new; from now on it is not. */
  isNewId(id: string, tickMs: number): boolean {
    if (this.ids.get(id) !== undefined) return false
    this.ids.add(id, { ...fresh, atMs: tickMs, outcomes: null })
    return true
  }

  /** Notes how the records of a batch ended. */
  close(id: string, outcomes: OutcomeCounts): void {
    const seen = this.ids.get(id)
    if (seen === undefined) return
    this.ids.touch(id, seen)
    seen.outcomes = outcomes
  }

  /** Whether the position of an endless source is new; all up to `nextOffset` is known from now on. */
  isNewPosition(source: string, offset: number, nextOffset: number): boolean {
    const seen = this.positions.get(source)
    if (seen === undefined) {
      this.positions.add(source, { ...fresh, nextOffset })
      return true
    }
    if (offset < seen.nextOffset) return false
    this.positions.touch(source, seen)
    seen.nextOffset = nextOffset
    return true
  }

  expire(tickMs: number): void {
    // The table is in order of arrival, so the oldest come first.
    for (const [id, seen] of this.ids.entries()) {
      const isOld = seen.atMs + rememberMs < tickMs
      if (!isOld && this.ids.size <= idsMax) return
      if (!isOld) this.forgotten += 1
      this.ids.delete(id)
    }
  }
}
