import { hash } from 'node:crypto'
import { type Entity, fresh } from '../correlate/entity-table.ts'
import type { Asker } from './asker.ts'
import type { Outgoing } from './effect.ts'
import type { PageContent } from './page-content.ts'
import type { Revocation } from './revocation.ts'
import type { ActionKind, ActionRow, ActionState } from './rows.ts'

/** An action while the analyser still works on it. Plain data. */
export interface Action extends Entity {
  row: ActionRow
  /** Findings that ask for it and are not withdrawn, or the command that did. */
  supporters: readonly string[]
  /** Tick at which it was last asked for. */
  askedMs: number
  /** What its lever is told; null for a flag or page. */
  revocation: Revocation | null
  /** What a page says; null for everything else. */
  page: PageContent | null
  /** When the page was last written, and whether it may have news since. */
  pagedMs: number
  isPageStale: boolean
  /** The lever was told of it, or may have been. */
  isSent: boolean
  /** What leaves or has left and is not answered yet, in the order in which it is to happen. */
  outgoing: readonly Outgoing[]
  /** How many effects it has had: each has a key of its own. */
  effects: number
  /** An operator took it back: findings of the same incident do not bring it about again. */
  isRestored: boolean
  /** A call was allowed although it should have been denied: a later deny does not make up for that. */
  isEscaped: boolean
  written: ActionRow | null
}

/** States in which nothing is under way or in force. */
export const overStates: ReadonlySet<ActionState> = new Set(['dryRun', 'refused', 'failed', 'expired', 'undone'])

/** What tells an action from the others of its incident. */
export interface ActionName {
  readonly kind: ActionKind
  readonly target: string
  /** By what it is carried out. */
  readonly lever: string
  /** A second lever pulls where the first did not hold; a page is one for each of its targets, whatever it is about. */
  readonly isOneOfSeveral: boolean
}

/** `DESIGN.md` §2: incident (or command) + kind + target, so the next finding of an incident repeats nothing. */
export const actionId = (incidentId: string, { kind, target, lever, isOneOfSeveral }: ActionName): string => {
  const what = kind === 'page' ? `page:${lever}` : isOneOfSeveral ? `${target}\u0000${lever}` : target
  return `a-${hash('sha256', `${incidentId}\u0000${kind}\u0000${what}`, 'base64url').slice(0, 22)}`
}

export const createAction = (name: ActionName, asker: Asker): Action => ({
  ...fresh,
  row: {
    id: actionId(asker.incidentId, name),
    incidentId: asker.incidentId,
    findingId: asker.findingId,
    realm: asker.realm,
    kind: name.kind,
    target: name.target,
    lever: name.lever,
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
  page: null,
  pagedMs: 0,
  isPageStale: false,
  isSent: false,
  outgoing: [],
  effects: 0,
  isRestored: false,
  isEscaped: false,
  written: null,
})

export const isRevoking = (kind: ActionKind): kind is 'hold' | 'revoke' => kind === 'hold' || kind === 'revoke'

const sessionTarget = 'session:'

export const targetOfSession = (sessionId: string): string => `${sessionTarget}${sessionId}`

/** The session that a target names, `''` if it names something else. */
export const sessionOf = (target: string): string =>
  target.startsWith(sessionTarget) ? target.slice(sessionTarget.length) : ''
