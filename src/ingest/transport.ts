/**
 * Records on their way into the log: one body of newline-delimited records, as they arrived.
 * `identity: 'batch'` – a record is `batchId` + its ordinal; `identity: 'position'` – `batchId` is the fingerprint of an
 * endless source (a file) and a record is that + its byte offset, `baseOffset` being the offset of the body's first byte;
 * `identity: 'offset'` – the source numbers its records (a Kafka partition), and those of the body have consecutive numbers
 * from `baseOffset` on.
 */
export interface RecordBatch {
  readonly realm: string
  readonly source: string
  /** A format's name or `auto`. */
  readonly format: string
  readonly transport: string
  readonly identity: 'batch' | 'position' | 'offset'
  readonly batchId: string
  readonly baseOffset: number
  /** How many records (non-empty lines) the body holds. */
  readonly records: number
  readonly body: Uint8Array
  /** Old data, sent on purpose: moves no watermark and is judged at its end. */
  readonly isBackfill: boolean
  /** Set where the body is only the beginning of one record too large to keep (`records` is 1). */
  readonly truncated?: TruncatedRecord
}

/** What a record too large to keep was: its size and the SHA-256 (hex) of all its bytes, line end excluded. */
export interface TruncatedRecord {
  readonly bytes: number
  readonly sha256: string
}

/** A record larger than this becomes a dead letter that keeps its first `recordKeptBytes`. */
export const recordBytesMax = 900 * 1024
export const recordKeptBytes = 64 * 1024

/** Position of an entry in the log, as clients see it: `partition:offset`. */
export interface Appended {
  readonly partition: number
  readonly offset: number
}

/**
 * Resolves once the records are durable in the log. A collector acknowledges upstream only after that.
 * Rejects with `AGT_LOG_FULL` (retry later; nothing was kept) or `AGT_LOG_FAILED`.
 */
export type Append = (batch: RecordBatch) => Promise<Appended>

/** What a transport may ask before it reads a body, and what it waits for. */
export interface Intake {
  readonly append: Append
  /** Whether the log takes records from sources now; when false, `retryAfterSeconds` says when to ask again. */
  readonly hasRoom: () => boolean
  readonly retryAfterSeconds: number
}

/** Brings bytes in. `start` resolves when it is ready; `stop` resolves when nothing is under way any more. */
export interface Transport {
  readonly name: string
  readonly start: () => Promise<void>
  readonly stop: () => Promise<void>
}
