import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'
import type { StoreClient } from './client.ts'
import { tables } from './tables/all.ts'
import { columnList, structure } from './tables/table.ts'
import type { SealedSegment } from './segments.ts'

/** Highest mark per table that the store holds, and under `stored_marks` the highest that is known to be complete. */
export type StoredMarks = Readonly<Record<string, number>>

export interface StoreWriterDeps {
  readonly client: StoreClient
  /** `path` where the store reads our files itself, `body` where they are sent. */
  readonly segmentMode: 'path' | 'body'
  readonly epoch?: string
  readonly stored?: StoredMarks
  readonly onLog?: (fields: Readonly<Record<string, unknown>>, message: string) => void
}

export interface StoreWriter {
  /** Takes the segments of a mark, in mark order. They are inserted in the background, their files removed after. */
  readonly enqueue: (mark: number, segments: readonly SealedSegment[]) => void
  /** The highest mark at and below which everything is confirmed. */
  readonly storedThrough: () => number
  readonly onStored: (listener: (mark: number) => void) => () => void
  readonly pendingBytes: () => number
  /** Resolves when nothing is pending, or at `stop`. */
  readonly drain: () => Promise<void>
  /** Ends after the inserts under way; what is pending comes again from the log. */
  readonly stop: () => Promise<void>
}
