import type { Config } from '../config.ts'
import { AgenttrailError } from '../errors.ts'
import type { Lever } from '../respond/lever.ts'
import { createAlertmanagerLever } from '../respond/levers/alertmanager.ts'
import { createDecisionServiceLever } from '../respond/levers/decision-service.ts'
import { createPageWebhookLever } from '../respond/levers/page-webhook.ts'
import { createPagerdutyLever } from '../respond/levers/pagerduty.ts'
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
    ...config.pages.map((page) => usable(page, () => createPageTarget(page, { links, now }))),
  ]
}

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
const usable = ({ name }: Config['pages'][number], create: () => Lever): Lever => {
  try {
    return create()
  } catch (error) {
    throw error instanceof AgenttrailError ? error : unusable(name, error)
  }
}

const unusable = (name: string, cause: unknown): AgenttrailError => {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new AgenttrailError('AGT_CONFIG_INVALID', `The page target ${name} cannot be used: ${reason}`, { cause })
}

const linksOf = ({ publicUrl, runbookUrl, httpAddress }: CreateLeversDeps['config']): PageLinks => ({
  publicUrl: withoutSlash(publicUrl ?? `http://${httpAddress.host}:${httpAddress.port}`),
  runbookUrl: runbookUrl === undefined ? null : withoutSlash(runbookUrl),
})

const withoutSlash = (url: string): string => url.replace(/\/+$/, '')

const readSecret = (path: string, name: string): string => readSecretFile(path, `The secret of the page target ${name}`)
