import { hash } from 'node:crypto'
import type { Action } from './action.ts'
import type { PageContent } from './page-content.ts'
import type { Revocation } from './revocation.ts'
import type { ActionKind } from './rows.ts'

/** `preview` only asks what `apply` would hit; `lift` takes back what was applied. */
export type Operation = 'apply' | 'lift' | 'preview'

/**
 * What the dispatcher is asked to do, in two stages: it asks for leave with a `requested` receipt, and once the analyser
 * has read that back it is told to send. The key makes a repetition harmless.
 */
export interface Effect {
  readonly key: string
  readonly stage: 'request' | 'send'
  /** Whose `requested` was read back; `''` before. */
  readonly ownerId: string
  readonly actionId: string
  readonly incidentId: string
  readonly realm: string
  readonly kind: ActionKind
  readonly target: string
  readonly lever: string
  readonly operation: Operation
  /** What a hold or revocation denies. */
  readonly revocation: Revocation | null
  /** What a page says. */
  readonly page: PageContent | null
}

/** An effect of an action that has no final receipt yet. Plain data. */
export interface Outgoing {
  readonly key: string
  readonly operation: Operation
  /** Owner that appended `requested`; `''` while nobody did. */
  readonly ownerId: string
  /** Tick at which a lift that failed is tried again; null = it was not tried or is under way. */
  readonly againMs: number | null
}

/** An id for receivers that remember what they have done: it says nothing of the action. */
export const idempotencyKey = ({ key }: Pick<Effect, 'key'>): string =>
  `agt-${hash('sha256', key, 'base64url').slice(0, 32)}`

export const effectOf = (action: Action, outgoing: Outgoing): Effect => {
  const { row, revocation, page } = action
  return {
    key: outgoing.key,
    stage: outgoing.ownerId === '' ? 'request' : 'send',
    ownerId: outgoing.ownerId,
    actionId: row.id,
    incidentId: row.incidentId,
    realm: row.realm,
    kind: row.kind,
    target: row.target,
    lever: row.lever,
    operation: outgoing.operation,
    revocation,
    page,
  }
}
