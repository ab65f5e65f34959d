import type { JsonObject } from '../../src/ingest/format.ts'
import { objectOf } from './field-values.ts'
import type { SourceFields } from './source-fields.ts'

/** Passes over the keys that a source writes whether it knows something or not; also those of objects within. */
export const dropNulls = (fields: SourceFields, object: JsonObject, ...path: readonly string[]): void => {
  for (const [key, value] of Object.entries(object)) {
    const inner = objectOf(value)
    if (value === null) fields.drop(...path, key)
    else if (inner !== undefined) dropNulls(fields, inner, ...path, key)
  }
}
