import type { ActivityEvent } from '../../src/event/event.ts'
import type { ParsedTime } from '../../src/event/parse-time.ts'
import type { SourceFields } from './source-fields.ts'

/** Start, end and duration, from the one time that a source states and how long it says it took. */
export const setTimes = (
  event: ActivityEvent,
  time: ParsedTime,
  given: { readonly basis: 'start' | 'end'; readonly durationMs: number | null },
): void => {
  const lastedUs = given.durationMs === null ? null : Math.round(given.durationMs * 1000)
  const isEnd = given.basis === 'end'
  event.timeBasis = given.basis
  // A start that is computed is as exact as the coarser of the two: whole milliseconds, mostly.
  const isWhole = isEnd && Number.isInteger(given.durationMs)
  event.timePrecisionUs = isWhole ? Math.max(time.precisionUs, 1000) : time.precisionUs
  event.durationUs = lastedUs
  event.timeUs = isEnd ? time.timeUs - (lastedUs ?? 0) : time.timeUs
  event.endTimeUs = isEnd ? time.timeUs : lastedUs === null ? null : time.timeUs + lastedUs
}

/** A duration in milliseconds; a negative one is none and stays with what is kept. */
export const readDurationMs = (fields: SourceFields, ...path: readonly string[]): number | null => {
  const value = fields.peek(...path)
  return typeof value === 'number' && value >= 0 ? fields.number(...path) : null
}
