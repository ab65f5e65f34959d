import type { Config } from '../config.ts'
import { AgenttrailError } from '../errors.ts'
import type { Lever } from '../respond/lever.ts'
import { createAlertmanagerLever } from '../respond/levers/alertmanager.ts'
import { createDecisionServiceLever } from '../respond/levers/decision-service.ts'
import { createOauthRevocationLever } from '../respond/levers/oauth-revocation.ts'
import { createPageWebhookLever } from '../respond/levers/page-webhook.ts'
import { createPagerdutyLever } from '../respond/levers/pagerduty.ts'
import { createRevocationWebhookLever } from '../respond/levers/revocation-webhook.ts'
import { sessionFlagLever } from '../respond/levers/session-flag.ts'
import { createSlackLever } from '../respond/levers/slack.ts'
import type { PageLinks } from '../respond/page-text.ts'
import type { Revocations } from '../respond/revocations.ts'
import { readSecretFile } from './secret-file.ts'

export interface CreateLeversDeps {
  readonly config: Pick<Config, 'pages' | 'levers' | 'publicUrl' | 'runbookUrl' | 'httpAddress'>
  readonly revocations: Revocations
  /** Null where none is set. */
  readonly pomerium: { readonly lever: Lever } | null
  readonly now: () => number
}

/** Everything that acts on the world outside, as it is set. Throws `AGT_CONFIG_INVALID` where a secret cannot be read. */
export const createLevers = ({ config, revocations, pomerium, now }: CreateLeversDeps): readonly Lever[] => {
  const links = linksOf(config)
  return [
    sessionFlagLever,
    // It is there even where it is not among the levers: what it denies since before must be let go one day.
    createDecisionServiceLever({ revocations, now }),
    ...(pomerium === null ? [] : [pomerium.lever]),
    ...config.levers.flatMap((lever) => createRevokingLever(lever, now)),
    ...config.pages.map((page) => usable(`page target ${page.name}`, () => createPageTarget(page, { links, now }))),
  ]
}

/** What revokes by a request of its own; none for the others, which are there already. */
const createRevokingLever = (lever: Config['levers'][number], now: () => number): readonly Lever[] => {
  switch (lever.type) {
    case 'webhook': {
      const secret = readSecretFile(lever.secretFile, 'The secret of the lever webhook')
      return [usable('lever webhook', () => createRevocationWebhookLever({ url: lever.url, secret, now }))]
    }
    case 'oauth': {
      const { url, clientId, clientSecretFile, tokens } = lever
      const clientSecret = clientSecretFile === undefined ? '' : readSecretFile(clientSecretFile, 'The client secret')
      const files = new Map(tokens.map(({ agent, tokenFile }) => [agent, tokenFile]))
      const tokenOf = (agentId: string): string => readTokenFile(files.get(agentId))
      return [createOauthRevocationLever({ url, clientId, clientSecret, tokenOf })]
    }
    default:
      return []
  }
}

/** Read when it is needed: whoever refreshes it writes another one. */
const readTokenFile = (path: string | undefined): string =>
  path === undefined ? '' : readSecretFile(path, "The agent's token")

interface PageDeps {
  readonly links: PageLinks
  readonly now: () => number
}

const createPageTarget = (page: Config['pages'][number], { links, now }: PageDeps): Lever => {
  const { name } = page
  switch (page.type) {
    case 'alertmanager':
      return createAlertmanagerLever({ name, url: page.url, links, now })
    case 'pagerduty':
      return createPagerdutyLever({ name, url: page.url, routingKey: readSecret(page.routingKeyFile, name), links })
    case 'slack':
      return createSlackLever({ name, url: readSecret(page.urlFile, name), links })
    case 'webhook':
      return createPageWebhookLever({ name, url: page.url, secret: readSecret(page.secretFile, name), links, now })
  }
}

/** A secret of the wrong shape is found at the start, not when somebody is to be called. */
const usable = (what: string, create: () => Lever): Lever => {
  try {
    return create()
  } catch (error) {
    throw error instanceof AgenttrailError ? error : unusable(what, error)
  }
}

const unusable = (what: string, cause: unknown): AgenttrailError => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AgenttrailError('AGT_CONFIG_INVALID', `The ${what} cannot be used: ${reason}`, { cause })
}

const linksOf = ({ publicUrl, runbookUrl, httpAddress }: CreateLeversDeps['config']): PageLinks => ({
  publicUrl: withoutSlash(publicUrl ?? `http://${httpAddress.host}:${httpAddress.port}`),
  runbookUrl: runbookUrl === undefined ? null : withoutSlash(runbookUrl),
})

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

const readSecret = (path: string, name: string): string => readSecretFile(path, `The secret of the page target ${name}`)
