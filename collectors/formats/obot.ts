import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ignored, rejected } from '../../src/ingest/outcome.ts'
import { objectOf } from './field-values.ts'
import { readObotCall } from './obot-call.ts'
import { readObotHttp } from './obot-http.ts'
import { item, row } from './obot-shapes.ts'

/** Obot's audit logs: its MCP gateway's calls, local agents' tool calls, and requests to its API. */
export const obot: Format = {
  name: 'obot',

  recognises: (value) => isItem(value) || isRow(value) || isHttp(value),

  read: (value, origin, context) => {
    if (isItem(value)) return readObotCall(item, value, origin, context)
    if (isRow(value)) return readObotCall(row, value, origin, context)
    if (isHttp(value)) return readObotHttp(value, origin)
    // One record has one id, so a list that is fetched twice could not be told from new calls.
    if (Array.isArray(value['items'])) return rejected('a list: send each of its items as a record of its own')
    return ignored('not an audit record')
  },
}

/** As the API and the exports give it. */
const isItem = (value: JsonObject): boolean =>
  typeof value['eventType'] === 'string' &&
  typeof objectOf(value['timestamp'])?.['occurredAt'] === 'string' &&
  objectOf(value['action']) !== undefined

/** As its gateways send it and older versions gave it. */
const isRow = (value: JsonObject): boolean =>
  typeof value['callType'] === 'string' && typeof value['createdAt'] === 'string' && typeof value['mcpID'] === 'string'

const isHttp = (value: JsonObject): boolean =>
  typeof value['sourceIP'] === 'string' &&
  typeof value['responseCode'] === 'number' &&
  typeof value['path'] === 'string'
