import type { CallRow, SessionRow } from '../correlate/rows.ts'
import type { FindingRow } from '../detect/rows.ts'
import type { ActivityEvent } from '../event/event.ts'
import type { ActionRow } from '../respond/rows.ts'

/** An event as stored: the event and where the log had its record. */
export interface StoredEvent {
  readonly event: ActivityEvent
  readonly logPosition: number
  /** Ordinal of the record within its log entry. */
  readonly logOrdinal: number
  /** The tick before the entry. */
  readonly tickMs: number
  /** Keyed hash that commits to the record as it arrived. */
  readonly recordHash: string
}

/** What may be large or private of an event's record, kept apart and for a shorter time. */
export interface PayloadRow {
  readonly eventId: string
  readonly realm: string
  readonly timeUs: number
  /** The record as text, redacted. */
  readonly raw: string
  readonly arguments: string
  readonly result: string
}

export interface DeadLetterRow {
  readonly recordId: string
  readonly realm: string
  readonly source: string
  readonly format: string
  readonly sourcePosition: number
  readonly receivedMs: number
  readonly reason: string
  /** The first 64 KB of the record, redacted as far as an unreadable record can be. */
  readonly raw: string
  readonly rawBytes: number
  readonly recordHash: string
}

/** What somebody asked of this server: a command, a judgement, a read. */
export interface CommandRow {
  readonly id: string
  readonly realm: string
  readonly timeMs: number
  readonly by: string
  readonly type: string
  /** `session:<id>`, `finding:<id>`; of a read the id alone. */
  readonly target: string
  readonly detail: object
  readonly logPosition: number
  /** The tick before the entry. */
  readonly tickMs: number
}

/** +1 writes a row, −1 takes back the one that was written under the same id and version. */
export type Sign = 1 | -1

/** Receives what the state machine yields between two marks. Every call must be cheap: it runs on the hot path. */
export interface RowSink {
  readonly event: (row: StoredEvent) => void
  readonly payload: (row: PayloadRow) => void
  readonly deadLetter: (row: DeadLetterRow) => void
  readonly call: (row: CallRow, sign: Sign) => void
  readonly session: (row: SessionRow, sign: Sign) => void
  readonly finding: (row: FindingRow, sign: Sign) => void
  readonly action: (row: ActionRow, sign: Sign) => void
  readonly command: (row: CommandRow) => void
}
