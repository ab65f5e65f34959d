import type { OutcomeCounts } from '../analyse/seen.ts'
import type { ErrorCode } from '../errors.ts'
import type { KafkaConnection } from '../ingest/kafka-connection.ts'
import type { Activation } from '../log/entry.ts'
import type { KafkaTopics } from '../log/kafka-topics.ts'
import type { CommandAnswer, ResponseCommand } from '../respond/commands.ts'
import type { Effect } from '../respond/effect.ts'
import type { Pause, ResponseLimits } from '../respond/response-gate.ts'
import type { Revocation } from '../respond/revocation.ts'
import type { Keys } from './keys.ts'

/** What the analyser's thread is started with. */
export interface AnalyserWorkerData {
  readonly log: WorkerLog
  /** Marks up to here may have been sent to the store before, or are by another: on one node the log's end at the start. */
  readonly logEnd: number
  readonly snapshotDir: string
  readonly segmentDir: string
  readonly store: StoreAddress
  readonly keys: Keys
  readonly snapshotEveryMs: number
}

/** The log that the thread reads by itself. */
export type WorkerLog =
  | { readonly kind: 'local'; readonly dir: string }
  | {
      readonly kind: 'kafka'
      readonly connection: KafkaConnection
      readonly topics: KafkaTopics
      readonly partition: number
    }

/** Where the store is: the embedded engine's socket, or a server. */
export type StoreAddress = { readonly socketPath: string } | { readonly url: string }

export type ToWorker =
  | { readonly type: 'appended' }
  | { readonly type: 'stop' }
  | { readonly type: 'batch'; readonly requestId: number; readonly realm: string; readonly batchId: string }
  | { readonly type: 'ask'; readonly requestId: number; readonly question: Question }

/** What the analyser is asked for, answered once it has applied the log through `position`. */
export interface Question {
  readonly position: number
  readonly realm: string
  /** null = only how the realm's response stands. */
  readonly command: Pick<ResponseCommand, 'commandId' | 'type' | 'target'> | null
}

/** How the response of a realm stands, and what became of the command that was asked for. */
export interface ResponseAnswer {
  readonly pause: Pause
  readonly limits: ResponseLimits
  /** Revocations in force. */
  readonly revocations: number
  readonly command: CommandAnswer | null
}

/** How far the analyser is, posted at most every 100 ms and when it is idle. */
export interface Progress {
  readonly type: 'progress'
  readonly position: number
  readonly storedThrough: number
  /** Nothing waits for the store: all marks are in it, and nothing came behind the last one that needs one. */
  readonly isSettled: boolean
  readonly tickMs: number
  readonly records: Readonly<Record<string, Readonly<OutcomeCounts>>>
  readonly watermarkUs: number
  readonly callsLive: number
  readonly sessionsLive: number
  readonly lateEvents: number
  readonly limitsReached: Readonly<Record<string, number>>
  readonly snapshotPosition: number
  readonly snapshotPauseMs: number
  /** CPU time of each stage since the start. */
  readonly stageSeconds: Readonly<Record<string, number>>
}

export type FromWorker =
  | { readonly type: 'ready'; readonly activation: Activation; readonly revocations: readonly Revocation[] }
  | { readonly type: 'answer'; readonly requestId: number; readonly answer: ResponseAnswer }
  | Progress
  | { readonly type: 'effects'; readonly effects: readonly Effect[] }
  | { readonly type: 'evidenced'; readonly actions: readonly { readonly realm: string; readonly actionId: string }[] }
  | { readonly type: 'wantsMark' }
  | { readonly type: 'warning'; readonly fields: Readonly<Record<string, unknown>>; readonly message: string }
  | { readonly type: 'batch'; readonly requestId: number; readonly records: Readonly<OutcomeCounts> | null }
  | { readonly type: 'trim'; readonly position: number }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string }
