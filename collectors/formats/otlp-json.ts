import type { ActivityEvent } from '../../src/event/event.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { Format, FormatResult } from '../../src/ingest/format.ts'
import { ignored, type Outcome, ok } from '../../src/ingest/outcome.ts'
import { createBaseEvent } from './otlp/base-event.ts'
import { type OtlpItem, readItem } from './otlp/item.ts'
import { listItems } from './otlp/list-items.ts'
import { productOf } from './otlp/products.ts'
import { readCommon } from './otlp/read-common.ts'
import { readShippedLine } from './otlp/read-shipped-line.ts'

/**
 * Spans and log records in OTLP's JSON encoding, as the OpenTelemetry Collector's file exporter writes them: one event for
 * each that is of an agent's request, by the conventions for GenAI and MCP in current and older names. A log record may
 * also hold a line of one of `lineFormats`.
 */
export const createOtlpJson = (lineFormats: readonly Format[]): Format => ({
  name: 'otlp-json',

  recognises: (value) =>
    Array.isArray(value['resourceSpans']) ||
    Array.isArray(value['resourceLogs']) ||
    Array.isArray(value['resourceMetrics']),

  read: (value, origin, context) => {
    const listed = listItems(value)
    if (listed.kind !== 'ok') return listed
    const results: FormatResult[] = []
    const sealed: SealedValue[] = []
    for (const [ordinal, found] of listed.value.entries()) {
      const item = readItem(found.signal, found.value, { surroundings: found, seal: context.sealToken })
      // The line is stored whole, so a token leaves it whatever span it stands in.
      sealed.push(...item.sealed)
      const read = readEvents(item, { origin, ordinal, context, formats: lineFormats })
      if (read.kind === 'rejected') return read
      if (read.kind === 'ok') results.push(read.value)
    }
    return together(results, { sealed, items: listed.value.length })
  },
})

/** Of a record with several items no single id can tell a redelivery. */
const together = (
  results: readonly FormatResult[],
  of: { readonly sealed: readonly SealedValue[]; readonly items: number },
): Outcome<FormatResult> => {
  const [first] = results
  if (first === undefined) return ignored('no span or log record of an agent’s request')
  return ok({
    events: results.flatMap(({ events }) => events),
    sealed: distinct([...of.sealed, ...results.flatMap((result) => result.sealed)]),
    vendorId: of.items === 1 ? first.vendorId : '',
  })
}

const distinct = (sealed: readonly SealedValue[]): readonly SealedValue[] => [
  ...new Map(sealed.map((each) => [each.value, each])).values(),
]

const readEvents = (item: OtlpItem, given: Parameters<typeof readShippedLine>[1]): Outcome<FormatResult> => {
  const product = productOf(item)
  const operation = product.operation(item)
  if (operation === undefined) return readShippedLine(item, given)
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
  return ok({ events: [event], sealed: [], vendorId: vendorIdOf(event, item) })
}

/**
 * A span's ids tell a redelivery, in whatever batch it comes. Its kind belongs to them: some tracers give a client's and a
 * server's span of one request the same id. Of log records nothing does.
 */
const vendorIdOf = ({ sourceEventId }: ActivityEvent, { spanKind }: OtlpItem): string =>
  sourceEventId === '' ? '' : `${sourceEventId}:${spanKind}`
