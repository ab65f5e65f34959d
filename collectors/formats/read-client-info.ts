import type { ActivityEvent } from '../../src/event/event.ts'
import { objectOf } from './field-values.ts'
import type { SourceFields } from './source-fields.ts'

/** Where a client names itself in the parameters of a request: on `initialize`, and since 2026-07-28 in each request. */
const places = [['clientInfo'], ['_meta', 'io.modelcontextprotocol/clientInfo']] as const

/** Reads what the client calls itself from a JSON-RPC request's `params`: a claim, never an identity. */
export const readClientInfo = (event: ActivityEvent, fields: SourceFields, ...params: readonly string[]): void => {
  for (const place of places) {
    const path = [...params, ...place]
    if (objectOf(fields.peek(...path)) === undefined) continue
    event.clientName = fields.text(...path, 'name')
    event.clientVersion = fields.text(...path, 'version')
    return
  }
}
