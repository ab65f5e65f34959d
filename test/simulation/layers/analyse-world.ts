import { createDecodeBatch } from '../../../collectors/decode.ts'
import { formats } from '../../../collectors/registry.ts'
import { Analyser } from '../../../src/analyse/analyser.ts'
import type { CallRow } from '../../../src/correlate/rows.ts'
import type { ActivityEvent } from '../../../src/event/event.ts'
import { createSealToken } from '../../../src/event/seal.ts'
import { Random } from '../random.ts'
import { type Arrival, arrive, cutDeliveries, type Delivery, type Treatment } from './deliveries.ts'
import { RowLedger } from './row-ledger.ts'
import type { World } from './world.ts'

/** A call as the product sees it: the records that it was made of, and its session. */
interface SeenCall {
  readonly records: readonly number[]
  readonly sessionId: string
  readonly row: CallRow
}

/** What the product made of a world, in terms of the world's records. */
export interface Analysis {
  readonly calls: readonly SeenCall[]
  /** Record by record the first event that it became; undefined where it became none. */
  readonly events: ReadonlyMap<number, ActivityEvent>
  readonly counts: { readonly stored: number; readonly duplicate: number; readonly rejected: number }
  readonly lateEvents: number
}

/** In order, once: what every other treatment must end in. */
export const plain: Treatment = { disorderUs: 0, redeliverProbability: 0 }
/** Any order within the lateness bound, some of it twice. */
export const shuffled: Treatment = { disorderUs: 90_000_000, redeliverProbability: 0.05 }

const tickUs = 2_000_000
const idleTickUs = 10_000_000
const settleUs = 3_600_000_000

/** Sends a world's records through decoding and analysis and reads the rows, as a black box. */
export const analyseWorld = (world: World, treatment: Treatment): Analysis => {
  const arrivals = arrive(cutDeliveries(world, new Random(world.seed)), treatment, new Random(world.seed + 1))
  const run = new Run()
  let nowUs = (arrivals[0]?.atUs ?? 0) - 1
  run.tick(nowUs)
  for (const arrival of arrivals) {
    for (; arrival.atUs - nowUs > idleTickUs; nowUs += idleTickUs) run.tick(nowUs)
    if (arrival.atUs - nowUs >= tickUs) {
      nowUs = arrival.atUs
      run.tick(nowUs)
    }
    run.deliver(arrival)
  }
  const endUs = (arrivals.at(-1)?.atUs ?? 0) + settleUs
  for (; nowUs < endUs; nowUs += 30_000_000) run.tick(nowUs)
  return run.analysis()
}

/** One analyser and what it was given. */
class Run {
  readonly #ledger = new RowLedger()
  readonly #analyser = new Analyser({
    decode: createDecodeBatch({
      formats,
      hashKey: Buffer.alloc(32, 1),
      sealToken: createSealToken({ key: Buffer.alloc(32, 2), keyId: 'k1' }),
    }),
    sink: this.#ledger,
    onEffect: () => undefined,
  })
  readonly #delivered = new Map<number, Delivery>()

  tick(timeUs: number): void {
    this.#apply({ kind: 'tick', timeMs: Math.floor(timeUs / 1000) })
    if (this.#analyser.wantsMark()) this.#apply({ kind: 'mark' })
  }

  deliver({ delivery, atUs }: Arrival): void {
    const { source, batchId, baseOffset, body, records } = delivery
    this.#apply({
      kind: 'batch',
      realm: 'default',
      source: source.name,
      format: source.product,
      transport: source.isFile ? 'file' : 'http',
      identity: source.isFile ? 'position' : 'batch',
      batchId,
      baseOffset,
      firstOrdinal: 0,
      records: records.length,
      part: 0,
      parts: 1,
      isBackfill: false,
      receivedMs: Math.floor(atUs / 1000),
      body,
    })
    this.#delivered.set(this.#analyser.position, delivery)
  }

  analysis(): Analysis {
    const recordOf = (eventId: string): number => {
      const at = this.#ledger.recordOf.get(eventId)
      const record = this.#delivered.get(at?.position ?? 0)?.records[at?.ordinal ?? 0]
      if (record === undefined) throw new Error(`no record for event ${eventId}`)
      return record
    }
    const sessions = new Set(this.#ledger.sessions().map((session) => session.id))
    const calls = this.#ledger.calls().map((row) => {
      if (!row.isOrphan && !sessions.has(row.sessionId))
        throw new Error(`call ${row.id} is of no session that is stored`)
      const records = row.layers.map((layer) => recordOf(layer.eventId)).sort((a, b) => a - b)
      return { records, sessionId: row.sessionId, row }
    })
    const counts = { stored: 0, duplicate: 0, rejected: 0 }
    for (const each of Object.values(this.#analyser.records)) {
      counts.stored += each.stored
      counts.duplicate += each.duplicate
      counts.rejected += each.rejected
    }
    let lateEvents = 0
    for (const realm of this.#analyser.realms.values()) lateEvents += realm.correlator.lateEvents
    return {
      calls,
      events: new Map(this.#ledger.events.map((event) => [recordOf(event.eventId), event])),
      counts,
      lateEvents,
    }
  }

  #apply(entry: Parameters<Analyser['apply']>[1]): void {
    this.#analyser.apply(this.#analyser.position + 1, entry)
  }
}
