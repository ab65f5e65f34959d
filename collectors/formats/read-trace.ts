import type { SourceFields } from './source-fields.ts'

const isId = (value: unknown, digits: number): value is string =>
  typeof value === 'string' && value.length === digits && /^[0-9a-f]+$/.test(value) && !/^0+$/.test(value)

/** A W3C trace id, `''` and not used for whatever is none. */
export const readTraceId = (fields: SourceFields, key: string): string =>
  isId(fields.peek(key), 32) ? fields.text(key) : ''

/** A W3C span id, `''` and not used for whatever is none. */
export const readSpanId = (fields: SourceFields, key: string): string =>
  isId(fields.peek(key), 16) ? fields.text(key) : ''
