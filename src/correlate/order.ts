import type { ActivityEvent } from '../event/event.ts'

/** `DESIGN.md` §5: start time, then source position, then id. Never arrival, so any shuffle gives the same order. */
export const compareEvents = (a: ActivityEvent, b: ActivityEvent): number =>
  a.timeUs - b.timeUs ||
  compareText(a.source, b.source) ||
  a.sourcePosition - b.sourcePosition ||
  compareText(a.eventId, b.eventId)

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Calls in the order in which they are final: start time, then id. */
export const compareCalls = (
  a: { readonly timeUs: number; readonly id: string },
  b: { readonly timeUs: number; readonly id: string },
): number => a.timeUs - b.timeUs || compareText(a.id, b.id)
