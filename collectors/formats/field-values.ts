import type { JsonObject } from '../../src/ingest/format.ts'

/** A field as text; `''` for whatever is no string. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A field as a finite number, `null` for whatever is none. Numbers with more digits than a double keeps are rounded. */
export const numberOf = (value: unknown): number | null => {
  const number = typeof value === 'object' && value !== null ? Number(JSON.stringify(value)) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** A field as an object (a number with its digits is none); `undefined` for whatever is none. */
export const objectOf = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined

/** A list of strings. What is no string in it, or no list, becomes its JSON text; empty for what is not there. */
export const textsOf = (value: unknown): readonly string[] => {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? [JSON.stringify(value)] : []
  const items: readonly unknown[] = value
  return items.every((item) => typeof item === 'string') ? items : items.map((item) => JSON.stringify(item))
}
