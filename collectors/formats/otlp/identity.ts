import type { ActivityEvent } from '../../../src/event/event.ts'
import type { OtlpItem } from './item.ts'
import { names } from './names.ts'
import { firstText } from './take.ts'

/** Whom a gateway authenticated. What an agent says of itself never comes this way. */
export const readAuthenticated = (event: ActivityEvent, { attributes }: OtlpItem): void => {
  event.userId ||= firstText(attributes, names.userId)
  event.userEmail ||= firstText(attributes, names.userEmail)
  event.agentId ||= firstText(attributes, names.agentId)
  event.agentName = firstText(attributes, names.agentName)
  event.clientAddress = firstText(attributes, names.clientAddress)
}

/** An agent's own span: its name is what the client calls itself, and whom it claims to be stays an attribute. */
export const readClaimed = (event: ActivityEvent, { attributes }: OtlpItem): void => {
  if (event.clientName === '') event.clientName = firstText(attributes, names.agentName)
}
