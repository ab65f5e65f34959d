import type { ActivityEvent } from '../../src/event/event.ts'
import { flatten } from '../../src/event/flatten.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { textOf } from './field-values.ts'
import { vendorEvent } from './vendor-event.ts'

/**
 * Pomerium's lines have no id of their own that could tell a redelivery: a client's own `x-request-id` is kept, so an
 * agent that repeats one would have its later lines dropped as duplicates. Their position tells.
 */
export const noVendorId = ''

/** An event of a Pomerium line with what all of them share; `undefined` if the line has no usable time. */
export const pomeriumEvent = (line: JsonObject, origin: RecordOrigin): ActivityEvent | undefined => {
  const time = parseTime(line['time'])
  if (time === undefined) return undefined
  const event = vendorEvent(origin, { name: 'pomerium', layer: 'proxy' })
  event.timeUs = time.timeUs
  event.timePrecisionUs = time.precisionUs
  event.httpRequestId = textOf(line['request-id'])
  return event
}

/** The keys that have gone into an event's fields, each with the type it was read as. */
export type TakenKeys = ReadonlyMap<string, 'string' | 'number' | 'boolean' | 'object' | 'any'>

/** Keeps every key of a line that no field took, and every value that no field could take because of its type. */
export const keepRest = (event: ActivityEvent, line: JsonObject, taken: TakenKeys): void => {
  const attributes = event.attributes as Record<string, string>
  for (const key of Object.keys(line)) {
    const type = taken.get(key)
    const value = line[key]
    if (type !== 'any' && (type !== typeof value || value === null)) flatten(attributes, key, value)
  }
  if (line['level'] !== 'info') flatten(attributes, 'level', line['level'] ?? '')
}
