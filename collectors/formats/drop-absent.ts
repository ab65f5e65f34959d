import type { JsonObject } from '../../src/ingest/format.ts'
import type { SourceFields } from './source-fields.ts'

/** Envoy writes each key that its log is told to have: `null` or `-` stands where there is nothing, and is not kept. */
export const dropAbsent = (fields: SourceFields, value: JsonObject): void => {
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member === null || member === '-') fields.drop(key)
  }
}

/** The text of the first of these keys that has one, `''` where Envoy had nothing. */
export const presentText = (fields: SourceFields, ...keys: readonly string[]): string => {
  for (const key of keys) {
    const text = fields.text(key)
    if (text !== '' && text !== '-') return text
  }
  return ''
}
