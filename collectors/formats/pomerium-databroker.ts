import { parseTime } from '../../src/event/parse-time.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { keep } from './keep.ts'
import { startedAt } from './read-times.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

const name = 'pomerium-databroker'

/** What each change is called in the attribute `auth.action`, as in Pomerium's own token lines. */
const actions: ReadonlyMap<string, string> = new Map([
  ['session_started', 'session_started'],
  ['session_ended', 'session_deleted'],
  ['client_named', 'client_authorized'],
])

/** What Pomerium's databroker showed this product of who acts with which session: the only source that no log needs. */
export const pomeriumDatabroker: Format = {
  name,

  recognises: (value) => value['product'] === name,

  read: (value, origin) => {
    const fields = new SourceFields(value)
    const change = fields.text('change')
    const action = actions.get(change)
    if (action === undefined) return rejected(`change is none of ${[...actions.keys()].join(', ')}`)
    const time = parseTime(value['time'])
    if (time === undefined) return rejected('time is missing or not RFC 3339')
    fields.drop('time')
    if (fields.peek('product') === name) fields.drop('product')
    const event = vendorEvent(origin, { name, layer: 'proxy' })
    event.product = 'pomerium'
    event.kind = 'auth'
    event.outcome = 'success'
    startedAt(event, time, undefined)
    event.authSessionId = fields.text('session_id')
    event.userId = fields.text('user_id')
    event.oauthClientId = fields.text('client_id')
    event.clientName = fields.text('client_name')
    fields.rest(event.attributes)
    keep(event, 'auth.action', action)
    // Seen again after each start.
    const vendorId = `${change} ${event.authSessionId} ${event.oauthClientId}`
    return ok({ events: [event], sealed: [], vendorId })
  },
}
