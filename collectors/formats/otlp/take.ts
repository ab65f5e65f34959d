import type { SourceFields } from '../source-fields.ts'

/** The first of these that holds text; the others stay for `attributes`. */
export const firstText = (fields: SourceFields, names: readonly string[]): string => {
  for (const name of names) {
    const value = fields.peek(name)
    if (typeof value === 'string' && value !== '') return fields.text(name)
  }
  return ''
}

/** The same for ids, which some write as numbers, and captured headers, which come as lists of one. */
export const firstId = (fields: SourceFields, names: readonly string[]): string => {
  for (const name of names) {
    const id = fields.id(name) || onlyText(fields, name)
    if (id !== '') return id
  }
  return ''
}

/** The same for counts and codes, which some write as text. */
export const firstInteger = (fields: SourceFields, names: readonly string[]): number | null => {
  for (const name of names) {
    const value = fields.peek(name)
    const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
    if (typeof number !== 'number' || !Number.isSafeInteger(number) || number < 0) continue
    fields.drop(name)
    return number
  }
  return null
}

/** The first of these that holds anything, as JSON text. */
export const firstJson = (fields: SourceFields, names: readonly string[]): string => {
  for (const name of names) {
    const text = fields.json(name)
    if (text !== '') return text
  }
  return ''
}

const onlyText = (fields: SourceFields, name: string): string => {
  const value = fields.peek(name)
  if (!Array.isArray(value) || value.length !== 1 || typeof value[0] !== 'string') return ''
  fields.drop(name)
  return value[0]
}
