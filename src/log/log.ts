import type { LogEntry } from './entry.ts'

export interface PositionedEntry {
  readonly position: number
  readonly entry: LogEntry
}

/** The reading half: what the analyser needs, in its own thread or process. */
export interface LogReader {
  /** Identifies this log for ever; made with its first entry. */
  readonly epoch: string
  /** Position of the oldest entry still kept; 1 in a new log. */
  readonly first: () => number
  /**
   * Entries from `from` on, in order and without a gap, at most about `bytesMax` of them (at least one if there is one).
   * Throws `AGT_LOG_GAP` if `from` was trimmed away or an entry is missing. A log on this machine answers at once.
   */
  readonly read: (from: number, bytesMax: number) => readonly PositionedEntry[] | Promise<readonly PositionedEntry[]>
  readonly close: () => Promise<void>
}

export interface LogSpace {
  readonly usedBytes: number
  readonly bytesMax: number
}

/** Records are durable here before anything reads them. One partition; positions count from 1 without gaps. */
export interface Log extends LogReader {
  /** Position of the newest durable entry; 0 in an empty log. */
  readonly end: () => number
  /**
   * Appends all of `entries` together, or none, and resolves with the position of the last one once they are fsynced.
   * Batches are refused with `AGT_LOG_FULL` above 80 % of the space; the rest is for ticks, marks, commands and receipts.
   * After `AGT_LOG_FAILED` nothing more is accepted: the process must open the log anew.
   */
  readonly append: (entries: readonly LogEntry[]) => Promise<number>
  /** Forgets the entries before `position`. */
  readonly trim: (position: number) => Promise<void>
  readonly space: () => LogSpace
  /** Called after each durable append, with the new end. Returns the unsubscriber. */
  readonly onAppend: (listener: (end: number) => void) => () => void
}
