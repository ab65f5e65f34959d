import type { Format, FormatContext, FormatResult, JsonObject, RecordOrigin } from '../../../src/ingest/format.ts'
import { ignored, type Outcome } from '../../../src/ingest/outcome.ts'
import { objectOf } from '../field-values.ts'
import { parseRecord, readSafely } from '../read-record.ts'
import { readAnyValue } from './any-value.ts'
import type { OtlpItem } from './item.ts'

/**
 * A log record whose body is a line of another format: what a Collector's file or journal receiver makes of a log. The line
 * is read as if it had come by itself; what the Collector knows of it (pod, file, …) stays with its events.
 */
export const readShippedLine = (
  item: OtlpItem,
  given: {
    readonly origin: RecordOrigin
    readonly ordinal: number
    readonly context: FormatContext
    readonly formats: readonly Format[]
  },
): Outcome<FormatResult> => {
  const value = item.signal === 'log' ? lineOf(item) : undefined
  const format = value === undefined ? undefined : given.formats.find((each) => each.recognises(value))
  if (value === undefined || format === undefined) return ignored('of no request of an agent')
  const origin = { ...given.origin, recordId: `${given.origin.recordId}.${given.ordinal}` }
  const read = readSafely(format, value, { origin, context: given.context })
  if (read.kind !== 'ok') return read
  item.around.drop('log.body')
  for (const event of read.value.events) {
    item.attributes.rest(event.attributes)
    item.around.rest(event.attributes)
  }
  return read
}

const lineOf = (item: OtlpItem): JsonObject | undefined => {
  const body = readAnyValue(item.around.peek('log.body'))
  if (typeof body !== 'string') return objectOf(body)
  const parsed = parseRecord(body)
  return parsed.kind === 'ok' ? parsed.value.value : undefined
}
