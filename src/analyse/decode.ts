import type { ActivityEvent } from '../event/event.ts'
import type { BatchEntry } from '../log/entry.ts'

/** One record of a batch after its format has read it. */
export interface DecodedRecord {
  /** `<batch id or file fingerprint, hashed>.<ordinal or offset>`. */
  readonly recordId: string
  /** Ordinal within the batch entry, counted over non-empty lines. */
  readonly ordinal: number
  readonly sourcePosition: number
  /** The format that read it (what `auto` chose), or the one asked for if none did. */
  readonly format: string
  readonly outcome: 'ok' | 'ignored' | 'rejected'
  readonly reason: string
  readonly events: readonly ActivityEvent[]
  /** The vendor's own id, `''` if none. */
  readonly vendorId: string
  /** The redacted line (for a rejected one at most 64 KB of it). */
  readonly raw: string
  readonly rawBytes: number
  /** Keyed hash of the line as it arrived. */
  readonly recordHash: string
}

/** Splits a batch into records and reads each. Pure and total: it never throws, whatever the bytes. */
export type DecodeBatch = (batch: BatchEntry) => Iterable<DecodedRecord>
