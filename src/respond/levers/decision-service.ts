import type { Lever, LeverTraits } from '../lever.ts'
import type { Revocations } from '../revocations.ts'

/** A gateway that was already answered before a revocation may finish the call; the service itself has no delay. */
export const decisionServiceTraits: LeverTraits = {
  name: 'decision-service',
  scopes: ['mcp', 'explicit', 'login', 'credential', 'agent', 'user', 'tool'],
  isReversible: true,
  canPreview: false,
  delayMs: 1_000,
}

/** Denies through the decision service of this process: gateways ask it for each request. */
export const createDecisionServiceLever = (deps: {
  readonly revocations: Revocations
  readonly now: () => number
}): Lever => ({
  name: decisionServiceTraits.name,

  apply: async ({ revocation }) => {
    if (revocation === null) return { state: 'failed', detail: 'there is nothing to deny' }
    const isKept = deps.revocations.add(revocation, deps.now())
    if (!isKept) return { state: 'failed', detail: 'the decision service has no room for more revocations' }
    const what = [...new Set(revocation.keys.map((key) => key.slice(0, key.indexOf(':'))))].join(', ')
    return { state: 'enforced', detail: `the decision service denies it by ${what}` }
  },

  lift: async ({ actionId }) => {
    deps.revocations.remove(actionId)
    return { state: 'enforced', detail: 'the decision service no longer denies it' }
  },
})
