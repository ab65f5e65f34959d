import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { dropNulls } from './drop-nulls.ts'
import { keep } from './keep.ts'
import { noTime, readUsername, registryEvent, registryTime } from './mcp-gateway-registry-record.ts'
import { startedAt } from './read-times.ts'
import { SourceFields } from './source-fields.ts'

/** `token_mint`: a token that the registry's auth server issued, or did not. Never holds the token. */
export const readTokenMint: Format['read'] = (value, origin) => {
  const fields = new SourceFields(value)
  dropNulls(fields, value)
  const time = registryTime(fields)
  if (time === undefined) return rejected(noTime)
  const event = registryEvent(origin, fields)
  event.kind = 'auth'
  startedAt(event, time, undefined)
  readUsername(event, fields, 'username')
  event.oauthClientId = fields.text('app_id')
  if (fields.peek('resource_type') === 'server') event.server = fields.text('resource_id')
  const isIssued = fields.peek('outcome') === 'success'
  const isRefused = fields.peek('outcome') === 'failure'
  if (isIssued || isRefused) fields.drop('outcome')
  event.outcome = isIssued ? 'success' : isRefused ? 'failure' : 'unknown'
  event.errorMessage = fields.text('failure_reason')
  fields.rest(event.attributes)
  if (isIssued || isRefused) keep(event, 'auth.action', isIssued ? 'token_issued' : 'token_refused')
  // Made anew for each token, so no client can choose it.
  return ok({ events: [event], sealed: [], vendorId: event.sourceEventId })
}
