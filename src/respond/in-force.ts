import { type Action, isRevoking, overStates, sessionOf, targetOfSession } from './action.ts'
import type { Revocation } from './revocation.ts'
import type { ActionState } from './rows.ts'

/** How far the revocations of a session are: what its status says. */
export type Standing = '' | 'revoking' | 'unconfirmed' | 'revoked'

const standings: Partial<Record<ActionState, Standing>> = { unconfirmed: 'unconfirmed', verified: 'revoked' }
const order: readonly Standing[] = ['', 'revoking', 'unconfirmed', 'revoked']

/** Actions that are under way or in force and that time or calls can change. Derived from the table of actions. */
export class InForce {
  readonly #byTarget = new Map<string, Set<Action>>()
  readonly #ending = new Set<Action>()
  readonly #revoking = new Set<Action>()

  get isWatching(): boolean {
    return this.#revoking.size > 0
  }

  /** Sessions that something revokes or holds. */
  get sessions(): number {
    return [...this.#byTarget.keys()].filter((target) => sessionOf(target) !== '').length
  }

  /** Brings the index up to date with the action's state. */
  update(action: Action): void {
    const isOver = overStates.has(action.row.state)
    put(this.#ending, action, !isOver && action.row.expiresAtMs !== null)
    const isWatched = !isOver && action.revocation !== null
    put(this.#revoking, action, isWatched)
    const { kind, target } = action.row
    if (!isRevoking(kind)) return
    const known = this.#byTarget.get(target) ?? new Set()
    put(known, action, isWatched)
    if (known.size === 0) this.#byTarget.delete(target)
    else this.#byTarget.set(target, known)
  }

  /** Revocations and holds of exactly this. */
  of(target: string): readonly Action[] {
    return [...(this.#byTarget.get(target) ?? [])]
  }

  standingOf(sessionId: string): Standing {
    let highest: Standing = ''
    for (const { row } of this.of(targetOfSession(sessionId))) {
      const standing = standings[row.state] ?? 'revoking'
      if (order.indexOf(standing) > order.indexOf(highest)) highest = standing
    }
    return highest
  }

  due(tickMs: number): readonly Action[] {
    return [...this.#ending].filter(({ row }) => (row.expiresAtMs ?? tickMs + 1) <= tickMs)
  }

  /** Revocations that took effect at or before `sinceMs` and of which nothing was heard. */
  silentSince(sinceMs: number): readonly Action[] {
    return [...this.#revoking].filter(
      ({ row }) =>
        (row.state === 'enforced' || row.state === 'accepted') &&
        (row.transitions.at(-1)?.timeMs ?? sinceMs + 1) <= sinceMs,
    )
  }

  /** What the lever denies now, as far as it was told. */
  revocations(lever: string): Revocation[] {
    return [...this.#revoking].flatMap(({ row, revocation }) =>
      revocation === null || row.lever !== lever || row.state === 'proposed' ? [] : [revocation],
    )
  }

  /** Revocations and holds in force, by whatever lever. */
  get count(): number {
    return [...this.#revoking].filter(({ row }) => row.state !== 'proposed').length
  }
}

const put = (set: Set<Action>, action: Action, isIn: boolean): void => {
  if (isIn) set.add(action)
  else set.delete(action)
}
