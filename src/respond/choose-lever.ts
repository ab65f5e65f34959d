import { sessionOf } from './action.ts'
import type { LeverTraits } from './lever.ts'
import { isRevocationKey, revocationKey, scopeOf } from './revocation.ts'
import type { ActionKind } from './rows.ts'
import { narrowestKeys, noSubject, type SessionSubject, subjectOfKey } from './session-subject.ts'

/** A lever and what it would deny. */
export interface Grip {
  readonly lever: LeverTraits
  readonly target: string
  readonly keys: readonly string[]
}

export interface LeverQuestion {
  readonly kind: ActionKind
  readonly target: string
  readonly subject: SessionSubject
  /** In the order in which they are tried. */
  readonly levers: readonly LeverTraits[]
}

/** Who a target is. */
export const subjectOfTarget = (
  target: string,
  subjectOfSession: (sessionId: string) => SessionSubject | null,
): SessionSubject =>
  isRevocationKey(target) ? subjectOfKey(target) : (subjectOfSession(sessionOf(target)) ?? noSubject)

/** The first lever that can tell the target's requests from others; null if there is none. Only one that lets go again holds. */
export const chooseLever = ({ kind, target, subject, levers }: LeverQuestion): Grip | null => {
  for (const lever of levers) {
    const keys = keysFor(lever, target, subject)
    if (keys.length > 0 && (kind !== 'hold' || lever.isReversible)) return { lever, target, keys }
  }
  return null
}

/** What to pull where `lever` did not hold: the levers after it on the same target, else the agent as a whole by any. */
export const chooseWider = (question: LeverQuestion, lever: string): Grip | null => {
  const { levers, subject, target } = question
  const later = levers.slice(levers.findIndex(({ name }) => name === lever) + 1)
  const next = chooseLever({ ...question, levers: later })
  if (next !== null || sessionOf(target) === '' || subject.agentId === '') return next
  return chooseLever({ ...question, target: revocationKey('agent', subject.agentId) })
}

/** What the lever recognises the target's requests by, and as few others as possible. */
export const keysFor = ({ scopes }: LeverTraits, target: string, subject: SessionSubject): readonly string[] => {
  if (!isRevocationKey(target)) return narrowestKeys(subject, scopes)
  return scopes.includes(scopeOf(target)) ? [target] : []
}
