import type { ActionTransition } from './rows.ts'

/** What a page or a revocation is measured by. */
type Milestone = 'requested' | 'accepted' | 'enforced' | 'verified'

/** Milliseconds from `proposed` to the first time that each was reached since; null where it was not. */
export const milestonesOf = (transitions: readonly ActionTransition[]): Readonly<Record<Milestone, number | null>> => {
  // What was undone and is proposed again is measured anew.
  const since = transitions.slice(transitions.findLastIndex(({ state }) => state === 'proposed'))
  const proposedMs = since[0]?.timeMs ?? 0
  const to = (milestone: Milestone): number | null => {
    const reached = since.find(({ state }) => state === milestone)
    return reached === undefined ? null : Math.max(0, reached.timeMs - proposedMs)
  }
  return {
    requested: to('requested'),
    accepted: to('accepted'),
    enforced: to('enforced'),
    verified: to('verified'),
  }
}
