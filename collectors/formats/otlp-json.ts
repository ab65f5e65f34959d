import type { ActivityEvent } from '../../src/event/event.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { Format, RecordOrigin } from '../../src/ingest/format.ts'
import { ignored, type Outcome, ok } from '../../src/ingest/outcome.ts'
import { createBaseEvent } from './otlp/base-event.ts'
import { type OtlpItem, readItem } from './otlp/item.ts'
import { listItems } from './otlp/list-items.ts'
import { productOf } from './otlp/products.ts'
import { readCommon } from './otlp/read-common.ts'

/**
 * Spans and log records in OTLP's JSON encoding, as the OpenTelemetry Collector's file exporter writes them: one event for
 * each that is of an agent's request, by the conventions for GenAI and MCP in current and older names.
 */
export const otlpJson: Format = {
  name: 'otlp-json',

  recognises: (value) =>
    Array.isArray(value['resourceSpans']) ||
    Array.isArray(value['resourceLogs']) ||
    Array.isArray(value['resourceMetrics']),

  read: (value, origin, context) => {
    const listed = listItems(value)
    if (listed.kind !== 'ok') return listed
    const events: ActivityEvent[] = []
    const sealed = new Map<string, SealedValue>()
    let vendorId = ''
    for (const [ordinal, found] of listed.value.entries()) {
      const item = readItem(found.signal, found.value, { surroundings: found, seal: context.sealToken })
      const read = readEvent(item, { origin, ordinal })
      if (read.kind === 'rejected') return read
      // The line is stored whole, so a token leaves it whatever span it stands in.
      for (const value of item.sealed) sealed.set(value.value, value)
      if (read.kind !== 'ok') continue
      events.push(read.value)
      vendorId = vendorIdOf(read.value, item)
    }
    if (events.length === 0) return ignored('no span or log record of an agent’s request')
    return ok({ events, sealed: [...sealed.values()], vendorId: listed.value.length === 1 ? vendorId : '' })
  },
}

const readEvent = (
  item: OtlpItem,
  given: { readonly origin: RecordOrigin; readonly ordinal: number },
): Outcome<ActivityEvent> => {
  const product = productOf(item)
  const operation = product.operation(item)
  if (operation === undefined) return ignored('of no request of an agent')
  const based = createBaseEvent(item, given)
  if (based.kind !== 'ok') return based
  const event = based.value
  event.product = product.name
  event.layer = product.layer
  readCommon(event, item, operation)
  product.readOutcome(event, item)
  product.complete(event, item, operation)
  item.attributes.rest(event.attributes)
  item.around.rest(event.attributes)
  return ok(event)
}

/**
 * A span's ids tell a redelivery, in whatever batch it comes. Its kind belongs to them: some tracers give a client's and a
 * server's span of one request the same id. Of log records nothing does.
 */
const vendorIdOf = ({ sourceEventId }: ActivityEvent, { spanKind }: OtlpItem): string =>
  sourceEventId === '' ? '' : `${sourceEventId}:${spanKind}`
