import { type ActivityEvent, emptyEvent, type Layer } from '../../src/event/event.ts'
import type { RecordOrigin } from '../../src/ingest/format.ts'

/** An event of a vendor's record, the first if no `ordinal` is given, with what is known before any of its fields is read. */
export const vendorEvent = (
  origin: RecordOrigin,
  vendor: { readonly name: string; readonly layer: Layer; readonly ordinal?: number },
): ActivityEvent => {
  const event = emptyEvent()
  event.eventId = `${origin.recordId}.${vendor.ordinal ?? 0}`
  event.realm = origin.realm
  event.layer = vendor.layer
  event.product = vendor.name
  event.format = vendor.name
  event.source = origin.source
  event.sourcePosition = origin.sourcePosition
  event.observedTimeUs = origin.observedTimeUs
  return event
}
