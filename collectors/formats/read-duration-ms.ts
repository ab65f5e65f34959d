import { numberOf } from './field-values.ts'
import type { ParsedDuration } from './parse-duration.ts'
import type { SourceFields } from './source-fields.ts'

/** A number of milliseconds; `undefined` and not used where there is none, or a negative one. */
export const readDurationMs = (fields: SourceFields, ...path: readonly string[]): ParsedDuration | undefined => {
  const milliseconds = numberOf(fields.peek(...path))
  if (milliseconds === null || milliseconds < 0) return undefined
  fields.drop(...path)
  return { durationUs: Math.round(milliseconds * 1000), precisionUs: Number.isInteger(milliseconds) ? 1000 : 1 }
}
