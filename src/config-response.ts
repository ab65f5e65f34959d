import { z } from 'zod'
import { count, durationMs, httpUrl, nonEmptyText, oneOf, textList } from './config-values.ts'

const severity = oneOf(['info', 'low', 'medium', 'high', 'critical'])
const kind = oneOf(['flag', 'page', 'hold', 'revoke'])

/** `0.4`, `1` → thousandths. */
const confidenceMilli = z
  .union([z.string(), z.number()], { error: 'use a number between 0 and 1, such as 0.4' })
  .transform((value, context) => {
    const milli = Math.round(Number(value) * 1000)
    if (String(value).trim() !== '' && milli >= 0 && milli <= 1000) return milli
    context.addIssue({ code: 'custom', message: 'use a number between 0 and 1, such as 0.4' })
    return z.NEVER
  })

const ruleResponse = z.strictObject({
  id: nonEmptyText('give the id of a rule'),
  response: z.array(kind, { error: 'use a list of flag, page, hold and revoke; an empty one does nothing' }),
})

/** `policy`: what findings bring about, beside what the rules ask for. */
export const policySchema = z
  .strictObject({
    page: z
      .strictObject({ severityMin: severity.prefault('medium'), ttl: durationMs('1m', '30d').prefault('24h') })
      .prefault({}),
    hold: z
      .strictObject({ severityMin: severity.prefault('high'), ttl: durationMs('10s', '24h').prefault('15m') })
      .prefault({}),
    revoke: z
      .strictObject({ severityMin: severity.prefault('high'), ttl: durationMs('1m', '365d').prefault('24h') })
      .prefault({}),
    confidenceMin: confidenceMilli.prefault('0.4'),
    only: textList('ids and addresses of agents, users and service accounts').prefault([]),
    quietPeriod: durationMs('0s', '30d').prefault('30m'),
    revokedPercentMax: count(0, 100).prefault('20'),
    pagesPerHourMax: count(0, 100_000).prefault('60'),
    rules: z
      .array(ruleResponse, { error: 'use a list of rules, each with id and response' })
      .prefault([])
      .refine((rules) => new Set(rules.map(({ id }) => id)).size === rules.length, {
        error: 'a rule stands here twice; remove one',
      }),
  })
  .prefault({})

const pageCommon = {
  /** In an action's `lever`; `''` = its type. */
  name: z.string({ error: 'use text' }).prefault(''),
  severityMin: severity.prefault('info'),
}
const secretFile = (what: string) => nonEmptyText(`name a file that holds ${what} and nothing else`)

const alertmanager = z.strictObject({
  type: z.literal('alertmanager'),
  ...pageCommon,
  url: httpUrl('use the http(s) address of an Alertmanager, such as http://127.0.0.1:9093'),
})
const pagerduty = z.strictObject({
  type: z.literal('pagerduty'),
  ...pageCommon,
  routingKeyFile: secretFile('the routing key of an Events API v2 integration'),
  url: httpUrl('use the http(s) address of the Events API').prefault('https://events.pagerduty.com'),
})
const slack = z.strictObject({
  type: z.literal('slack'),
  ...pageCommon,
  urlFile: secretFile("an incoming webhook's address, which is a secret"),
})
const webhook = z.strictObject({
  type: z.literal('webhook'),
  ...pageCommon,
  url: httpUrl('use the http(s) address that is to be told'),
  secretFile: secretFile('the secret that requests are signed with'),
})

const pageTarget = z
  .discriminatedUnion('type', [alertmanager, pagerduty, slack, webhook], {
    error: (issue) => (issue.code === 'invalid_union' ? 'use alertmanager, pagerduty, slack or webhook' : undefined),
  })
  .transform((target) => ({ ...target, name: target.name || target.type }))

/** `pages`: who is called. */
export const pagesSchema = z
  .array(pageTarget, { error: 'use a list of page targets' })
  .refine((targets) => new Set(targets.map(({ name }) => name)).size === targets.length, {
    error: 'two targets have the same name; give one of them another',
  })

const decisionService = z.strictObject({ type: z.literal('decision-service') })
/** Where it is stands in the setting `pomerium`, as it is watched even where it is no lever. */
const pomerium = z.strictObject({ type: z.literal('pomerium') })
const leverWebhook = z.strictObject({
  type: z.literal('webhook'),
  url: httpUrl('use the http(s) address that is to be told of revocations'),
  secretFile: secretFile('the secret that requests are signed with'),
})
const oauth = z.strictObject({
  type: z.literal('oauth'),
  url: httpUrl("use the http(s) address of an authorization server's revocation endpoint (RFC 7009)"),
  clientId: nonEmptyText('give the client id by which the authorization server knows agenttrail'),
  /** None for a public client. */
  clientSecretFile: secretFile("the client's secret").optional(),
  tokens: z
    .array(
      z.strictObject({
        agent: nonEmptyText('give the id of an agent'),
        tokenFile: secretFile("the agent's refresh or access token"),
      }),
    )
    .min(1, { error: 'name the agents whose tokens it can revoke, each with agent and tokenFile' }),
})

/** `levers`: what holds and revokes, the one to try first first. */
export const leversSchema = z
  .array(
    z.discriminatedUnion('type', [decisionService, pomerium, leverWebhook, oauth], {
      error: (issue) =>
        issue.code === 'invalid_union' ? 'use decision-service, pomerium, webhook or oauth' : undefined,
    }),
    { error: 'use a list of levers' },
  )
  .refine((levers) => new Set(levers.map(({ type }) => type)).size === levers.length, {
    error: 'a lever stands here twice; remove one',
  })
