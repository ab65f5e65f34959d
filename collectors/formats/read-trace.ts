import { hexId } from './hex-id.ts'
import type { SourceFields } from './source-fields.ts'

/** A W3C trace id, `''` and not used for whatever is none. */
export const readTraceId = (fields: SourceFields, key: string): string => readId(fields, key, 32)

/** A W3C span id, `''` and not used for whatever is none. */
export const readSpanId = (fields: SourceFields, key: string): string => readId(fields, key, 16)

const readId = (fields: SourceFields, key: string, digits: 16 | 32): string => {
  const id = hexId(fields.peek(key), digits)
  if (id !== '') fields.drop(key)
  return id
}
