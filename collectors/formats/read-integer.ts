import type { SourceFields } from './source-fields.ts'

/** A whole number that a source writes as one or as its digits; `null`, and not used, for whatever is neither. */
export const readInteger = (fields: SourceFields, ...path: readonly string[]): number | null => {
  const value = fields.peek(...path)
  if (Number.isSafeInteger(value)) return fields.number(...path)
  const isDigits = typeof value === 'string' && /^\d{1,15}$/.test(value)
  return isDigits ? Number(fields.text(...path)) : null
}
