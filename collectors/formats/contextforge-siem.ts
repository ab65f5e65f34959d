import type { ActivityEvent, Decision, EventKind } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { FormatResult, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { ignored, type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { readObject } from './contextforge-object.ts'
import { readUser, statedText } from './contextforge-who.ts'
import { dropNulls } from './drop-nulls.ts'
import { objectOf, textOf } from './field-values.ts'
import { fill } from './fill.ts'
import { startedAt } from './read-times.ts'
import { readUserAgent } from './read-user-agent.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** An event of the SIEM export, and the members of the envelope that its destination asks for. */
export interface OpenedSiem {
  readonly event: JsonObject
  readonly envelope: JsonObject
}

/** The event itself (webhook, syslog, Redis), or within Splunk's (`event`) or Datadog's (`attributes`) envelope. */
export const openSiem = (value: JsonObject): OpenedSiem | undefined => {
  if (isSiem(value)) return { event: value, envelope: {} }
  for (const key of ['event', 'attributes']) {
    const { [key]: inner, ...envelope } = value
    const event = objectOf(inner)
    if (event !== undefined && isSiem(event)) return { event, envelope }
  }
  return undefined
}

const isSiem = (value: JsonObject): boolean =>
  typeof value['event_id'] === 'string' &&
  typeof value['event_type'] === 'string' &&
  typeof objectOf(value['source'])?.['event_source'] === 'string'

/** Sign-ins and what was changed: calls of tools are in the structured log only. */
export const readSiem = ({ event: value, envelope }: OpenedSiem, origin: RecordOrigin): Outcome<FormatResult> => {
  if (value['event_type'] === 'siem_connectivity_test') return ignored('connectivity test')
  const time = parseTime(value['timestamp'])
  if (time === undefined) return rejected('timestamp is missing or not RFC 3339')
  const fields = new SourceFields(value)
  const event = vendorEvent(origin, { name: 'contextforge', layer: 'gateway' })
  event.kind = kindOf(fields)
  startedAt(event, time, undefined)
  fields.drop('timestamp')
  event.sourceEventId = fields.text('event_id')
  readUser(event, fields, 'actor')
  event.clientAddress = statedText(fields, 'actor', 'client_ip')
  readUserAgent(event, fields.text('actor', 'user_agent'))
  fill(event, 'userAgent', { fields, path: ['context', 'user_agent'] })
  for (const key of ['request_id', 'correlation_id']) fill(event, 'httpRequestId', { fields, path: ['context', key] })
  readObject(event, fields, 'context')
  fill(event, 'server', { fields, path: ['context', 'server_id'] })
  if (fields.peek('category') === 'authentication') readSignIn(event, fields)
  else readChange(event, fields)
  dropNulls(fields, value)
  fields.rest(event.attributes)
  new SourceFields(envelope).rest(event.attributes)
  return ok({ events: [event], sealed: [], vendorId: `siem ${event.sourceEventId}` })
}

const kindOf = (fields: SourceFields): EventKind =>
  fields.peek('category') === 'audit' || fields.peek('category') === 'system' ? 'admin' : 'auth'

const decisions: Readonly<Record<string, Decision>> = { allowed: 'allow', denied: 'deny' }

const readSignIn = (event: ActivityEvent, fields: SourceFields): void => {
  const word = textOf(fields.peek('action_taken'))
  const decision = Object.hasOwn(decisions, word) ? decisions[word] : undefined
  if (decision === undefined) return
  fields.drop('action_taken')
  event.decision = decision
  event.decisionBasis = 'explicit'
  event.decisionSource = 'authn'
  event.outcome = decision === 'deny' ? 'denied' : 'success'
}

/** `denied` only says here that it did not succeed, so it is no decision. */
const readChange = (event: ActivityEvent, fields: SourceFields): void => {
  const isSuccess = fields.flag('context', 'success')
  if (isSuccess !== undefined) event.outcome = isSuccess ? 'success' : 'failure'
}
