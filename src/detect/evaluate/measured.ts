import type { Bound } from '../rule.ts'
import type { FieldValue } from '../sigma/compile-condition.ts'

/** A measured value: a count, or an exact fraction of millionths. Sums are never floating. */
export type Measured = number | { readonly micros: bigint; readonly parts: bigint }

const microsPerOne = 1_000_000n
/** Digits after the point that are kept. */
const digitsKept = 6

/** A number of a call in millionths; null if the value is none. */
export const microsOf = (value: FieldValue): bigint | null => {
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.round(value * Number(microsPerOne))) : null
  if (typeof value !== 'string') return null
  const match = /^\s*(-?)(\d+)(?:\.(\d*))?\s*$/.exec(value)
  if (match === null) return null
  const [, sign = '', whole = '', rest = ''] = match
  const micros = BigInt(whole + rest.slice(0, digitsKept).padEnd(digitsKept, '0'))
  return sign === '-' ? -micros : micros
}

/** Whether a value is within all bounds. */
export const isWithin = (value: Measured, bounds: readonly Bound[]): boolean =>
  bounds.every((bound) => isMet[bound.operator](compare(value, bound.value)))

const isMet: Readonly<Record<Bound['operator'], (order: number) => boolean>> = {
  gte: (order) => order >= 0,
  gt: (order) => order > 0,
  lte: (order) => order <= 0,
  lt: (order) => order < 0,
  eq: (order) => order === 0,
}

const compare = (value: Measured, bound: number): number => {
  if (typeof value === 'number') return value - bound
  const difference = value.micros - (microsOf(bound) ?? 0n) * value.parts
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

/** A value as people read it: whole, or with up to three digits. */
export const measuredText = (value: Measured): string => {
  if (typeof value === 'number') return String(value)
  const thousandths = value.micros / value.parts / 1_000n
  const sign = thousandths < 0n ? '-' : ''
  const digits = String(thousandths < 0n ? -thousandths : thousandths).padStart(4, '0')
  const rest = digits.slice(-3).replace(/0+$/, '')
  return `${sign}${digits.slice(0, -3)}${rest === '' ? '' : `.${rest}`}`
}
