import type { BatchEntry } from '../log/entry.ts'
import type { DecodeBatch, DecodedRecord } from './decode.ts'
import type { Realm } from './realm.ts'
import type { RowSink } from './rows.ts'
import { type OutcomeCounts, type RecordOutcome, Seen } from './seen.ts'

export interface IntakeDeps {
  readonly decode: DecodeBatch
  readonly sink: RowSink
  readonly realm: (name: string) => Realm
}

/** Where the log and its time stand: the position of the entry that completed the batch, and the tick before it. */
interface Moment {
  readonly position: number
  readonly tickMs: number
}

/** Takes batches in: every record ends as stored, ignored, duplicate or rejected, and is counted as that. */
export class Intake {
  readonly seen = new Seen()
  /** How records ended, by format. */
  readonly records: Record<string, OutcomeCounts> = {}
  /** Whether events or dead letters were yielded since the last mark. */
  hasRows = false

  readonly #deps: IntakeDeps
  #batchCounts = noOutcomes()

  constructor(deps: IntakeDeps) {
    this.#deps = deps
  }

  /** How the records of a batch ended; null if it was not taken in yet, or its day is over. */
  outcomeOf(realm: string, batchId: string): Readonly<OutcomeCounts> | null {
    return this.seen.ids.get(batchKey(realm, batchId))?.outcomes ?? null
  }

  /** Takes in all parts of one body. */
  batch(parts: readonly BatchEntry[], moment: Moment): void {
    const first = parts[0]
    if (first === undefined) return
    const id = batchKey(first.realm, first.batchId)
    if (first.identity === 'batch' && !this.seen.isNewId(id, moment.tickMs)) {
      for (const part of parts) this.#count(part.format, 'duplicate', part.records)
      return
    }
    this.#batchCounts = noOutcomes()
    for (const part of parts) {
      for (const record of this.#deps.decode(part)) {
        this.#count(record.format, this.#record(part, record, moment), 1)
      }
    }
    if (first.identity === 'batch') this.seen.close(id, this.#batchCounts)
  }

  #record(batch: BatchEntry, record: DecodedRecord, moment: Moment): RecordOutcome {
    if (this.#isRepeated(batch, record, moment.tickMs)) return 'duplicate'
    if (record.outcome === 'rejected') {
      this.#reject(batch, record)
      return 'rejected'
    }
    if (record.outcome === 'ignored' || record.events.length === 0) {
      this.#sawSource(batch, null, moment.tickMs)
      return 'ignored'
    }
    this.#store(batch, record, moment)
    return 'stored'
  }

  #isRepeated(batch: BatchEntry, record: DecodedRecord, tickMs: number): boolean {
    if (
      batch.identity !== 'batch' &&
      !this.seen.isNewPosition(`${batch.realm}\u0000${batch.batchId}`, record.sourcePosition, record.sourcePosition + 1)
    ) {
      return true
    }
    return (
      record.vendorId !== '' &&
      !this.seen.isNewId(`v\u0000${batch.realm}\u0000${record.format}\u0000${record.vendorId}`, tickMs)
    )
  }

  #reject(batch: BatchEntry, record: DecodedRecord): void {
    this.hasRows = true
    this.#deps.sink.deadLetter({
      recordId: record.recordId,
      realm: batch.realm,
      source: batch.source,
      format: record.format,
      sourcePosition: record.sourcePosition,
      receivedMs: batch.receivedMs,
      reason: record.reason,
      raw: record.raw,
      rawBytes: record.rawBytes,
      recordHash: record.recordHash,
    })
  }

  #store(batch: BatchEntry, record: DecodedRecord, { position, tickMs }: Moment): void {
    const { sink } = this.#deps
    this.hasRows = true
    for (const event of record.events) {
      sink.event({
        event,
        logPosition: position,
        logOrdinal: record.ordinal,
        tickMs,
        recordHash: record.recordHash,
      })
      sink.payload({
        eventId: event.eventId,
        realm: event.realm,
        timeUs: event.timeUs,
        raw: record.raw,
        arguments: event.arguments,
        result: event.result,
      })
      if (!batch.isBackfill) this.#sawSource(batch, event.timeUs, tickMs)
      this.#deps.realm(batch.realm).event(event, tickMs)
    }
  }

  #sawSource(batch: BatchEntry, timeUs: number | null, tickMs: number): void {
    this.#deps.realm(batch.realm).sources.saw(batch.source, { timeUs, receivedUs: batch.receivedMs * 1000, tickMs })
  }

  #count(format: string, outcome: RecordOutcome, by: number): void {
    const counts = this.records[format] ?? noOutcomes()
    counts[outcome] += by
    this.#batchCounts[outcome] += by
    this.records[format] = counts
  }
}

const noOutcomes = (): OutcomeCounts => ({ stored: 0, ignored: 0, duplicate: 0, rejected: 0 })

const batchKey = (realm: string, batchId: string): string => `b\u0000${realm}\u0000${batchId}`
