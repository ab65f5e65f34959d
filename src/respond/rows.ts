import type { ResponseKind } from '../detect/rule.ts'

export type ActionKind = ResponseKind
export type ActionState =
  | 'proposed'
  | 'requested'
  | 'accepted'
  | 'enforced'
  | 'verified'
  | 'unconfirmed'
  | 'dryRun'
  | 'refused'
  | 'failed'
  | 'expired'
  | 'undone'

export interface ActionTransition {
  readonly state: ActionState
  readonly timeMs: number
  readonly detail: string
}

export interface ActionRow {
  readonly id: string
  readonly incidentId: string
  readonly findingId: string
  readonly realm: string
  readonly kind: ActionKind
  /** What it acts on: `session:<id>`. */
  readonly target: string
  readonly lever: string
  readonly state: ActionState
  readonly reason: string
  readonly by: string
  readonly expiresAtMs: number | null
  readonly isEvidencePending: boolean
  readonly transitions: readonly ActionTransition[]
  readonly firstWrittenMs: number
  readonly version: number
}
