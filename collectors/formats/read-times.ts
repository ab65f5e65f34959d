import type { ActivityEvent } from '../../src/event/event.ts'
import type { ParsedTime } from '../../src/event/parse-time.ts'
import type { ParsedDuration } from './parse-duration.ts'

/** For a source that writes when something began. */
export const startedAt = (event: ActivityEvent, time: ParsedTime, lasted: ParsedDuration | undefined): void => {
  event.timeBasis = 'start'
  event.timeUs = time.timeUs
  event.timePrecisionUs = time.precisionUs
  event.durationUs = lasted?.durationUs ?? null
  event.endTimeUs = lasted === undefined ? null : time.timeUs + lasted.durationUs
}

/** For a source that writes when something ended: the start is as exact as the coarser of end and duration. */
export const endedAt = (event: ActivityEvent, time: ParsedTime, lasted: ParsedDuration | undefined): void => {
  event.timeBasis = 'end'
  event.endTimeUs = time.timeUs
  event.durationUs = lasted?.durationUs ?? null
  event.timeUs = time.timeUs - (lasted?.durationUs ?? 0)
  event.timePrecisionUs = Math.max(time.precisionUs, lasted?.precisionUs ?? 1)
}
