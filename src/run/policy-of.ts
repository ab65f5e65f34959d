import type { Config } from '../config.ts'
import type { LeverTraits } from '../respond/lever.ts'
import { databrokerTraits } from '../respond/levers/databroker.ts'
import { decisionServiceTraits } from '../respond/levers/decision-service.ts'
import { oauthRevocationTraits } from '../respond/levers/oauth-revocation.ts'
import { revocationWebhookTraits } from '../respond/levers/revocation-webhook.ts'
import type { Policy } from '../respond/policy.ts'
import type { ResponseLimits } from '../respond/response-gate.ts'

type ResponseConfig = Pick<
  Config,
  'policy' | 'levers' | 'pages' | 'neverRevoke' | 'revocationsPerMinuteMax' | 'revocationsPerHourMax'
>

const traits: Readonly<Record<Config['levers'][number]['type'], LeverTraits>> = {
  'decision-service': decisionServiceTraits,
  pomerium: databrokerTraits,
  webhook: revocationWebhookTraits,
  oauth: oauthRevocationTraits,
}

/** What findings bring about, as it is set. */
export const policyOf = ({ policy, levers, pages }: ResponseConfig): Policy => {
  const { page, hold, revoke } = policy
  return {
    levers: levers.map(({ type }) => traits[type]),
    pages: pages.map(({ name, severityMin }) => ({ name, severityMin })),
    severityMin: {
      flag: 'info',
      page: page.severityMin,
      hold: hold.severityMin,
      revoke: revoke.severityMin,
    },
    confidenceMilliMin: policy.confidenceMin,
    ttlMs: { page: page.ttl, hold: hold.ttl, revoke: revoke.ttl },
    quietMs: policy.quietPeriod,
    only: policy.only,
    rules: policy.rules,
  }
}

/** What holds rules back, as it is set. */
export const limitsOf = (config: ResponseConfig): ResponseLimits => ({
  neverRevoke: config.neverRevoke,
  revocationsPerMinuteMax: config.revocationsPerMinuteMax,
  revocationsPerHourMax: config.revocationsPerHourMax,
  revokedPercentMax: config.policy.revokedPercentMax,
  pagesPerHourMax: config.policy.pagesPerHourMax,
})
