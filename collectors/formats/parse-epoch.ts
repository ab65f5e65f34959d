import type { ParsedTime } from '../../src/event/parse-time.ts'

/** How many digits of the unit make a second. */
const digitsOf = { s: 0, ms: 3, ns: 9 } as const

/**
 * A time since 1970 in the given unit, as its digits → microseconds; `undefined` for anything else. What the source's clock
 * can tell apart is not to be seen from its digits (`1787392801.0`), so the caller says it.
 */
export const parseEpoch = (
  text: string,
  of: { readonly unit: keyof typeof digitsOf; readonly precisionUs: number },
): ParsedTime | undefined => {
  const match = /^(\d{1,20})(?:\.(\d{1,20}))?$/.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = ''] = match
  const shift = 6 - digitsOf[of.unit]
  const micros = shift < 0 ? whole.slice(0, shift) : whole + fraction.padEnd(shift, '0').slice(0, shift)
  const timeUs = Number(micros)
  return Number.isSafeInteger(timeUs) ? { timeUs, precisionUs: of.precisionUs } : undefined
}
