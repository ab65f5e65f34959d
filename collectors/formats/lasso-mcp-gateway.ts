import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { dropNulls } from './drop-nulls.ts'
import { textOf } from './field-values.ts'
import { startedAt } from './read-times.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'

const methods: ReadonlyMap<string, string> = new Map([
  ['tool', 'tools/call'],
  ['prompt', 'prompts/get'],
  ['resource', 'resources/read'],
])
/** What the gateway writes itself; all other keys are the call's arguments, written into the same object. */
const own = /^(?:server_name|capability_(?:type|name)|response_type|meta|isError|call_id|timestamp|content_.*)$/

/** The tracing plugin of Lasso's MCP gateway: one record for each call, with its answer. */
export const lassoMcpGateway: Format = {
  name: 'lasso-mcp-gateway',

  recognises: (value) =>
    typeof value['capability_type'] === 'string' &&
    typeof value['capability_name'] === 'string' &&
    typeof value['server_name'] === 'string',

  read: (value, origin) => {
    const method = methods.get(textOf(value['capability_type']))
    if (method === undefined) return rejected(`capability_type is none of ${[...methods.keys()].join(', ')}`)
    const fields = new SourceFields(value)
    dropNulls(fields, value)
    const event = vendorEvent(origin, { name: 'lasso-mcp-gateway', layer: 'gateway' })
    // Most records have no time of their own.
    const time = parseTime(value['timestamp'])
    if (time !== undefined) fields.drop('timestamp')
    startedAt(event, time ?? { timeUs: origin.observedTimeUs, precisionUs: 1_000_000 }, undefined)
    event.sourceEventId = fields.text('call_id')
    event.method = method
    fields.drop('capability_type')
    event.server = fields.text('server_name')
    readTarget(event, fields)
    event.arguments = take(fields, value, (key) => !own.test(key))
    event.result = take(fields, value, (key) => key.startsWith('content_'))
    const isError = fields.flag('isError')
    event.outcome = isError === undefined ? 'unknown' : isError ? 'tool_error' : 'success'
    fields.rest(event.attributes)
    // An argument of that name takes the place of the gateway's own id, so it tells no redelivery.
    return ok({ events: [event], sealed: [], vendorId: '' })
  },
}

const readTarget = (event: ActivityEvent, fields: SourceFields): void => {
  const name = fields.text('capability_name')
  if (event.method !== 'tools/call') {
    event.resource = name
    return
  }
  event.tool = name
  event.toolExposed = name
}

/** Some of a record's keys as one JSON object, `''` where there are none. */
const take = (fields: SourceFields, value: JsonObject, isWanted: (key: string) => boolean): string => {
  const taken = Object.entries(value).filter(([key, member]) => member !== null && isWanted(key))
  for (const [key] of taken) fields.drop(key)
  return taken.length === 0 ? '' : JSON.stringify(Object.fromEntries(taken))
}
