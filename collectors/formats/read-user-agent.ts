import type { ActivityEvent } from '../../src/event/event.ts'
import { parseUserAgent } from '../../src/event/parse-user-agent.ts'

/** A user agent names the client as it likes to be called: a claim, never an identity. */
export const readUserAgent = (event: ActivityEvent, userAgent: string): boolean => {
  event.userAgent = userAgent
  const { clientName, clientVersion } = parseUserAgent(userAgent)
  event.clientName = clientName
  event.clientVersion = clientVersion
  return true
}
