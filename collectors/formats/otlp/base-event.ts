import type { ActivityEvent } from '../../../src/event/event.ts'
import { isRawJson } from '../../../src/event/raw-json.ts'
import type { RecordOrigin } from '../../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../../src/ingest/outcome.ts'
import { hexId } from '../hex-id.ts'
import type { SourceFields } from '../source-fields.ts'
import { vendorEvent } from '../vendor-event.ts'
import type { OtlpItem } from './item.ts'

/** Links beyond these are kept as attributes and join nothing: a span that links a thousand traces names none. */
const linkedTracesMax = 32

/** An event with what every span or log record states of itself: time and trace. Who saw it and what was asked for come after. */
export const createBaseEvent = (
  item: OtlpItem,
  { origin, ordinal }: { readonly origin: RecordOrigin; readonly ordinal: number },
): Outcome<ActivityEvent> => {
  const event = vendorEvent(origin, { name: 'otlp-json', layer: 'trace', ordinal })
  const isTimed = item.signal === 'span' ? readSpanTimes(event, item.around) : readLogTime(event, item.around)
  if (!isTimed) return rejected(`${item.signal}: write its time in nanoseconds since 1970, as text or an integer`)
  readTrace(event, item)
  return ok(event)
}

const readSpanTimes = (event: ActivityEvent, around: SourceFields): boolean => {
  const start = timeUsOf(around.peek('span.startTimeUnixNano'))
  if (start === undefined) return false
  around.drop('span.startTimeUnixNano')
  event.timeUs = start
  const end = timeUsOf(around.peek('span.endTimeUnixNano'))
  // A clock that was set back in between says nothing about the duration.
  if (end === undefined || end < start) return true
  around.drop('span.endTimeUnixNano')
  event.endTimeUs = end
  event.durationUs = end - start
  return true
}

/** When it happened, or where the sender does not know that, when the SDK saw it. */
const readLogTime = (event: ActivityEvent, around: SourceFields): boolean => {
  const happened = timeUsOf(around.peek('log.timeUnixNano'))
  const seen = timeUsOf(around.peek('log.observedTimeUnixNano'))
  const time = happened ?? seen
  if (time === undefined) return false
  around.drop(happened === undefined ? 'log.observedTimeUnixNano' : 'log.timeUnixNano')
  event.timeUs = time
  return true
}

/** Nanoseconds since 1970 → microseconds; `undefined` for what is none, and for 0, which means that there is no time. */
const timeUsOf = (value: unknown): number | undefined => {
  const text = isRawJson(value) ? value.rawJSON : typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^\d{4,20}$/.test(text)) return undefined
  const micros = Number(text.slice(0, -3))
  return micros > 0 ? micros : undefined
}

const readTrace = (event: ActivityEvent, item: OtlpItem): void => {
  event.traceId = takeId(item, 'traceId', 32)
  event.spanId = takeId(item, 'spanId', 16)
  event.parentSpanId = takeId(item, 'parentSpanId', 16)
  const linked = new Set(item.linkedTraceIds)
  linked.delete(event.traceId)
  event.linkedTraceIds = [...linked].slice(0, linkedTracesMax)
  if (item.signal === 'span' && event.spanId !== '') event.sourceEventId = `${event.traceId}:${event.spanId}`
}

const takeId = (item: OtlpItem, member: string, digits: 16 | 32): string => {
  const name = `${item.signal}.${member}`
  const id = hexId(item.around.peek(name), digits)
  // The id of nothing (all zeros, or no text) says nothing that would be worth keeping.
  if (id !== '' || item.around.peek(name) === '') item.around.drop(name)
  return id
}
