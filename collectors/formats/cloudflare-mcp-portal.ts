import type { ActivityEvent, CallOutcome } from '../../src/event/event.ts'
import { type ParsedTime, parseTime } from '../../src/event/parse-time.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { parseEpoch } from './parse-epoch.ts'
import { readDurationMs } from './read-duration-ms.ts'
import { startedAt } from './read-times.ts'
import { sealSession } from './seal-session.ts'
import { setUser } from './set-user.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

/** Cloudflare's Logpush dataset `mcp_portal_logs`: one record for each MCP request that a portal passed to a server. */
export const cloudflareMcpPortal: Format = {
  name: 'cloudflare-mcp-portal',

  recognises: (value) =>
    typeof value['PortalID'] === 'string' && typeof value['ServerID'] === 'string' && 'Datetime' in value,

  read: (value, origin, context) => {
    const fields = new SourceFields(value)
    const time = timeOf(fields)
    if (time === undefined)
      return rejected('Datetime is missing or neither RFC 3339 nor seconds or nanoseconds since 1970')
    const event = vendorEvent(origin, { name: 'cloudflare-mcp-portal', layer: 'gateway' })
    startedAt(event, time, readDurationMs(fields, 'ServerResponseDurationMs'))
    setUser(event, fields.text('UserID'))
    event.userEmail = fields.text('UserEmail') || event.userEmail
    event.clientAddress = fields.text('ClientIP')
    const sealed = sealSession(event, { fields, context }, 'SessionID')
    readOperation(event, fields)
    event.errorMessage = fields.text('Error')
    event.outcome = outcomeOf(fields.flag('Success'), event.errorMessage)
    fields.rest(event.attributes)
    // The dataset has no id of a record.
    return ok({ events: [event], sealed, vendorId: '' })
  },
}

/** Logpush writes RFC 3339, or a number of seconds or nanoseconds, as its `timestamp_format` says. */
const timeOf = (fields: SourceFields): ParsedTime | undefined => {
  const text = fields.id('Datetime')
  if (/^\d{9,11}$/.test(text)) return parseEpoch(text, { unit: 's', precisionUs: 1_000_000 })
  // Whole seconds in nanoseconds are still whole seconds.
  if (/^\d{18,20}$/.test(text))
    return parseEpoch(text, { unit: 'ns', precisionUs: text.endsWith('000000000') ? 1_000_000 : 1 })
  return parseTime(text)
}

const readOperation = (event: ActivityEvent, fields: SourceFields): void => {
  event.server = fields.text('ServerID')
  event.method = fields.text('Method')
  event.tool = fields.text('ToolCallName')
  event.toolExposed = event.tool
  event.resource = fields.text('ResourceReadURI')
  if (event.resource === '') event.resource = fields.text('PromptGetName')
}

/** What Cloudflare Access decided stands in another dataset, so this one tells an outcome and never a decision. */
const outcomeOf = (isSuccess: boolean | undefined, error: string): CallOutcome => {
  if (isSuccess === undefined) return error === '' ? 'unknown' : 'failure'
  if (isSuccess) return 'success'
  return /\btime(?:d )?-?out\b/i.test(error) ? 'timeout' : 'failure'
}
