import { hash } from 'node:crypto'
import { type Entity, fresh } from '../correlate/entity-table.ts'
import type { Asker } from './asker.ts'
import type { Revocation } from './revocation.ts'
import type { ActionKind, ActionRow, ActionState } from './rows.ts'

/** An action while the analyser still works on it. Plain data. */
export interface Action extends Entity {
  row: ActionRow
  /** Findings that ask for it and are not withdrawn, or the command that did. */
  supporters: string[]
  /** Tick at which it was last asked for. */
  askedMs: number
  /** What its lever is told; null for a flag or page, and where nothing was sent. */
  revocation: Revocation | null
  /** An operator took it back: findings of the same incident do not bring it about again. */
  isRestored: boolean
  /** A call was allowed although it should have been denied: a later deny does not make up for that. */
  isEscaped: boolean
  written: ActionRow | null
}

/** What the dispatcher is asked to do. The key makes a repetition after a replay harmless. */
export interface Effect {
  readonly key: string
  readonly actionId: string
  readonly realm: string
  readonly kind: ActionKind
  readonly target: string
  /** `lift` takes back what was applied; it is in the state of the action already and needs no receipt. */
  readonly operation: 'apply' | 'lift'
  readonly revocation: Revocation | null
}

/** States in which nothing is under way or in force. */
export const overStates: ReadonlySet<ActionState> = new Set(['dryRun', 'refused', 'failed', 'expired', 'undone'])

/** `DESIGN.md` §2: incident (or command) + kind + target, so the next finding of an incident repeats nothing. */
export const actionId = (incidentId: string, kind: ActionKind, target: string): string =>
  `a-${hash('sha256', `${incidentId}\u0000${kind}\u0000${target}`, 'base64url').slice(0, 22)}`

export const createAction = (kind: ActionKind, target: string, asker: Asker): Action => ({
  ...fresh,
  row: {
    id: actionId(asker.incidentId, kind, target),
    incidentId: asker.incidentId,
    findingId: asker.findingId,
    realm: asker.realm,
    kind,
    target,
    lever: leverOf(kind),
    state: 'proposed',
    reason: asker.reason,
    by: asker.by,
    expiresAtMs: null,
    isEvidencePending: asker.findingId !== '',
    transitions: [],
    firstWrittenMs: 0,
    version: 0,
  },
  supporters: [],
  askedMs: 0,
  revocation: null,
  isRestored: false,
  isEscaped: false,
  written: null,
})

export const isRevoking = (kind: ActionKind): kind is 'hold' | 'revoke' => kind === 'hold' || kind === 'revoke'

const leverOf = (kind: ActionKind): string =>
  kind === 'flag' ? 'agenttrail' : isRevoking(kind) ? 'decision-service' : ''

/** An action that was undone and is proposed again is another effect. */
export const effectKey = (row: ActionRow): string =>
  `${row.id}:${row.transitions.filter((transition) => transition.state === 'proposed').length}`

export const effectOf = ({ row, revocation }: Action, operation: Effect['operation'] = 'apply'): Effect => ({
  key: operation === 'apply' ? effectKey(row) : `${effectKey(row)}:lift`,
  actionId: row.id,
  realm: row.realm,
  kind: row.kind,
  target: row.target,
  operation,
  revocation,
})

/** The lever is told of more ids of the same session: the action's state does not change with the answer. */
export const effectOfMoreKeys = (action: Action): Effect => {
  const effect = effectOf(action)
  return { ...effect, key: `${effect.key}:${action.revocation?.keys.length ?? 0}` }
}

const sessionTarget = 'session:'

export const targetOfSession = (sessionId: string): string => `${sessionTarget}${sessionId}`

/** The session that a target names, `''` if it names something else. */
export const sessionOf = (target: string): string =>
  target.startsWith(sessionTarget) ? target.slice(sessionTarget.length) : ''
