import type { ActivityEvent } from '../../src/event/event.ts'
import { setUser } from './set-user.ts'
import type { SourceFields } from './source-fields.ts'

/**
 * Only what the gateway took from the token that it verified. The identity of the peer's certificate (`src.identity`) stays
 * an attribute: behind a proxy it is the proxy's.
 */
export const readAgentgatewayIdentity = (event: ActivityEvent, fields: SourceFields): void => {
  event.userEmail = fields.text('user.email') || fields.text('jwt.email')
  setUser(event, fields.text('jwt.sub'))
  event.oauthClientId = fields.text('client.id') || fields.text('jwt.azp')
  event.agentId = fields.text('jwt.act.sub') || fields.text('jwt.act', 'sub')
}
