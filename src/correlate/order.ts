import type { View } from './view.ts'

/** `DESIGN.md` §5: start time, then source position, then id. Never arrival, so any shuffle gives the same order. */
export const compareViews = (a: View, b: View): number =>
  a.timeUs - b.timeUs ||
  compareText(a.pattern.source, b.pattern.source) ||
  a.sourcePosition - b.sourcePosition ||
  compareText(a.eventId, b.eventId)

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Calls in the order in which they are final: start time, then id. */
export const compareCalls = (
  a: { readonly timeUs: number; readonly id: string },
  b: { readonly timeUs: number; readonly id: string },
): number => a.timeUs - b.timeUs || compareText(a.id, b.id)
