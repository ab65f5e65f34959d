import type { CallValue } from './call-value.ts'
import type { Logins } from './logins.ts'
import type { Subject } from './rows.ts'

/**
 * Who acted. Only what an authenticated layer states identifies an agent: its own id, a service account, an OAuth
 * client together with its user. Name, user agent and address describe it.
 */
export const agentOf = (call: CallValue, logins: Logins): Pick<Subject, 'agentId' | 'agentName' | 'agentBasis'> => {
  if (call.statedAgentId !== '') {
    return { agentId: call.statedAgentId, agentName: call.statedAgentName || call.statedAgentId, agentBasis: 'event' }
  }
  if (call.serviceAccountId !== '') {
    return {
      agentId: `service:${call.serviceAccountId}`,
      agentName: call.statedAgentName || call.serviceAccountId,
      agentBasis: 'service_account',
    }
  }
  const client =
    call.oauthClientId !== ''
      ? call.oauthClientId
      : call.authSessionId !== ''
        ? logins.clientAt(call.realm, call.authSessionId, call.timeUs)
        : ''
  if (client !== '' && call.userId !== '') {
    return {
      agentId: `client:${client}/${call.userId}`,
      agentName: call.statedAgentName || call.clientName || client,
      agentBasis: 'oauth_client',
    }
  }
  return { agentId: '', agentName: call.statedAgentName || call.clientName, agentBasis: '' }
}

/** The authenticated principal: what an id that a client chose must never be shared across. */
export const principalOf = (call: {
  readonly userId: string
  readonly userEmail: string
  readonly serviceAccountId: string
}): string => call.userId || call.userEmail || (call.serviceAccountId === '' ? '' : `service:${call.serviceAccountId}`)
