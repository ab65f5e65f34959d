import type { ActionShape } from './read-model.ts'

/** How the response of a realm stands. */
export interface ResponseShape {
  readonly mode: 'dry-run' | 'enforce'
  readonly paused: boolean
  readonly pausedBy: string
  readonly pausedReason: string
  /** When it was last paused or resumed; null = never. */
  readonly pausedSince: string | null
  /** Revocations and holds in force. */
  readonly revocations: number
  readonly limits: {
    readonly neverRevoke: readonly string[]
    readonly revocationsPerMinuteMax: number
    readonly revocationsPerHourMax: number
    readonly revokedPercentMax: number
    readonly pagesPerHourMax: number
  }
}

/** What an operator asks for, checked but for whether there is such a session. */
export interface OperatorCommand {
  readonly realm: string
  readonly type: 'flag' | 'revoke' | 'restore' | 'pause' | 'resume'
  /** `''` for pause and resume. */
  readonly target: string
  readonly reason: string
  readonly ttlMs: number | null
  readonly isDryRun: boolean
  /** Makes a repetition harmless; null = it is a command of its own. */
  readonly idempotencyKey: string | null
  readonly by: string
}

/** `conflict` – the key was used for another command before; `unknownSession` – there is none (any more). */
export interface CommandOutcome {
  readonly kind: 'done' | 'conflict' | 'unknownSession'
  readonly actions: readonly ActionShape[]
  readonly response: ResponseShape
}

/** Carries out commands; resolves once the analyser has applied them. It asks no store. */
export interface ResponseControl {
  readonly state: (realm: string) => Promise<ResponseShape>
  readonly command: (command: OperatorCommand) => Promise<CommandOutcome>
}
