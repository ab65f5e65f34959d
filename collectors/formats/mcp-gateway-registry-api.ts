import type { ActivityEvent } from '../../src/event/event.ts'
import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { dropNulls } from './drop-nulls.ts'
import { objectOf } from './field-values.ts'
import { noTime, readHttpRequest, registryEvent, registryTime } from './mcp-gateway-registry-record.ts'
import { readDurationMs } from './read-duration-ms.ts'
import { endedAt } from './read-times.ts'
import { SourceFields } from './source-fields.ts'

/** `registry_api_access`: a call of the registry's own API, by which servers are added, switched and listed. */
export const readApiAccess: Format['read'] = (value, origin) => {
  const record = withoutHeaderName(value)
  const fields = new SourceFields(record)
  dropNulls(fields, record)
  const time = registryTime(fields)
  if (time === undefined) return rejected(noTime)
  const event = registryEvent(origin, fields)
  event.kind = 'admin'
  endedAt(event, time, readDurationMs(fields, 'response', 'duration_ms'))
  readHttpRequest(event, fields)
  event.httpStatus = fields.number('response', 'status_code')
  event.responseBytes = fields.number('response', 'content_length')
  if (fields.peek('action', 'resource_type') === 'server') event.server = fields.text('action', 'resource_id')
  readDecision(event, fields)
  readOutcome(event)
  fields.rest(event.attributes)
  // Older versions take the record's id from a header, so a client could have its later records taken for duplicates.
  return ok({ events: [event], sealed: [], vendorId: '' })
}

/** Under the name of the header that holds credentials, the decision would be taken for one of them. */
const withoutHeaderName = (value: JsonObject): JsonObject => {
  const { authorization, ...rest } = value
  return objectOf(authorization) === undefined ? value : { ...rest, authz: authorization }
}

const decisions = { ALLOW: 'allow', DENY: 'deny', NOT_REQUIRED: 'not_evaluated' } as const

/** The registry states what it decided; where it does not, its own status still tells a refusal, as nobody else answers. */
const readDecision = (event: ActivityEvent, fields: SourceFields): void => {
  const stated = fields.peek('authz', 'decision')
  if (typeof stated === 'string' && Object.hasOwn(decisions, stated)) {
    event.decision = decisions[fields.text('authz', 'decision') as keyof typeof decisions]
    if (event.decision === 'not_evaluated') return
    event.decisionBasis = 'explicit'
    event.decisionSource = 'authz'
    const permission = fields.text('authz', 'required_permission')
    event.decisionReasons = permission === '' ? [] : [permission]
  } else if (event.httpStatus === 401 || event.httpStatus === 403) {
    event.decision = 'deny'
    event.decisionBasis = 'inferred_status'
    event.decisionSource = event.httpStatus === 401 ? 'authn' : 'authz'
  }
}

const readOutcome = (event: ActivityEvent): void => {
  const status = event.httpStatus ?? 0
  if (event.decision === 'deny') event.outcome = 'denied'
  else if (status >= 400) event.outcome = 'failure'
  else if (status >= 200) event.outcome = 'success'
}
