import type { ParsedDuration } from './parse-duration.ts'
import type { SourceFields } from './source-fields.ts'

/** A number of milliseconds; `undefined` and not used where there is none, or a negative one. */
export const readDurationMs = (fields: SourceFields, ...path: readonly string[]): ParsedDuration | undefined => {
  const value = fields.peek(...path)
  if (typeof value !== 'number' || value < 0) return undefined
  const milliseconds = fields.number(...path)
  if (milliseconds === null) return undefined
  return { durationUs: Math.round(milliseconds * 1000), precisionUs: Number.isInteger(milliseconds) ? 1000 : 1 }
}
