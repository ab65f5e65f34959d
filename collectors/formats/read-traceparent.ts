import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTraceparent } from '../../src/event/parse-traceparent.ts'
import type { SourceFields } from './source-fields.ts'

/**
 * Reads a W3C `traceparent`, unless a better place already said which trace it was. Its span is the sender's, and so the
 * parent of what this layer saw. What is none, or comes second, is not used.
 */
export const readTraceparent = (event: ActivityEvent, fields: SourceFields, ...path: readonly string[]): void => {
  const { traceId, spanId } = parseTraceparent(fields.peek(...path))
  if (traceId === '' || event.traceId !== '') return
  event.traceId = traceId
  event.parentSpanId = spanId
  fields.drop(...path)
}
