import type { Agent } from './call.ts'
import type { ConfiguredAgent } from './directory.ts'
import type { Actor } from './view.ts'

/**
 * Who acted: the agent that the configuration knows by one of its identities; else only what an authenticated layer states identifies an agent: its own id, a service account, an OAuth
 * client together with its user. Name, user agent and address describe it. `client` is the OAuth client behind the
 * actor's login, `''` if unknown.
 */
export const agentOf = (
  actor: Actor,
  { client, configured }: { readonly client: string; readonly configured: ConfiguredAgent | undefined },
): Agent => {
  if (configured !== undefined) {
    return { agentId: configured.id, agentName: configured.name || configured.id, agentBasis: 'config' }
  }
  if (actor.agentId !== '') {
    return { agentId: actor.agentId, agentName: actor.agentName || actor.agentId, agentBasis: 'event' }
  }
  if (actor.serviceAccountId !== '') {
    return {
      agentId: `service:${actor.serviceAccountId}`,
      agentName: actor.agentName || actor.serviceAccountId,
      agentBasis: 'service_account',
    }
  }
  if (client !== '' && actor.userId !== '') {
    return {
      agentId: `client:${client}/${actor.userId}`,
      agentName: actor.agentName || actor.clientName || client,
      agentBasis: 'oauth_client',
    }
  }
  return { agentId: '', agentName: actor.agentName || actor.clientName, agentBasis: '' }
}

/** The authenticated principal: what an id that a client chose must never be shared across. */
export const principalOf = (actor: Pick<Actor, 'userId' | 'userEmail' | 'serviceAccountId'>): string =>
  actor.userId || actor.userEmail || (actor.serviceAccountId === '' ? '' : `service:${actor.serviceAccountId}`)
