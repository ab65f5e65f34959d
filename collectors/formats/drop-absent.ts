import type { JsonObject } from '../../src/ingest/format.ts'
import type { SourceFields } from './source-fields.ts'

/** Envoy writes each key that its log is told to have: `null` or `-` stands where there is nothing, and is not kept. */
export const dropAbsent = (fields: SourceFields, value: JsonObject): void => {
  for (const [key, member] of Object.entries(value)) if (member === null || member === '-') fields.drop(key)
}

/** A text, `''` where Envoy had nothing. */
export const presentText = (fields: SourceFields, key: string): string => {
  const text = fields.text(key)
  return text === '-' ? '' : text
}
