import type { Lever } from '../lever.ts'

/** A flag is a state of the session, kept by the analyser itself: reading `enforced` sets it. */
export const sessionFlagLever: Lever = {
  name: 'agenttrail',
  apply: async () => ({ state: 'enforced', detail: 'the session carries the flag' }),
  lift: async () => ({ state: 'enforced', detail: 'the session no longer carries the flag' }),
}
