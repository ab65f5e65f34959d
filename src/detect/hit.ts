import type { FieldValue } from './sigma/compile-condition.ts'

/** A call that matches an input of a correlation, with what that correlation needs of it. Plain data. */
export interface Hit {
  readonly id: string
  readonly timeUs: number
  /** Bit n is set if it matches input n. */
  readonly mask: number
  readonly realm: string
  readonly sessionId: string
  readonly agentId: string
  readonly agentName: string
  readonly userId: string
  readonly userEmail: string
  readonly clientName: string
  /** The fields that the correlation counts, groups by or names. */
  readonly fields: Readonly<Record<string, FieldValue>>
  /** The calls that made an inner correlation hold with this one; empty for a selection. */
  readonly proof: readonly string[]
}

/** The text that stands for a field's value where values are told apart; `''` if it is unknown. */
export const valueText = (value: FieldValue): string =>
  value === undefined || value === null ? '' : typeof value === 'object' ? value.join('\u0001') : String(value)

/** The values of several fields as one text; `''` if one is unknown. */
export const valuesText = (hit: Pick<Hit, 'fields'>, fields: readonly string[]): string => {
  const [only] = fields
  if (fields.length === 1 && only !== undefined) return valueText(hit.fields[only])
  const texts = fields.map((field) => valueText(hit.fields[field]))
  return texts.includes('') ? '' : texts.join('\u0000')
}
