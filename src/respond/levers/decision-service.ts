import type { Lever } from '../lever.ts'
import type { Revocations } from '../revocations.ts'

/** Denies through the decision service of this process: gateways ask it for each request. */
export const createDecisionServiceLever = (deps: {
  readonly revocations: Revocations
  readonly now: () => number
}): Lever => ({
  name: 'decision-service',

  apply: async ({ revocation }) => {
    if (revocation === null) return { state: 'failed', detail: 'there is nothing to deny' }
    const isKept = deps.revocations.add(revocation, deps.now())
    if (!isKept) return { state: 'failed', detail: 'the decision service has no room for more revocations' }
    const what = revocation.keys.map((key) => key.slice(0, key.indexOf(':'))).join(', ')
    return { state: 'enforced', detail: `the decision service denies it by ${what}` }
  },

  lift: async ({ actionId }) => deps.revocations.remove(actionId),
})
