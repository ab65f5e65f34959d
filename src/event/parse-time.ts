const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d{1,9}))?([Zz]|[+-]\d\d:?\d\d)$/

/** A time as a source wrote it. */
export interface ParsedTime {
  readonly timeUs: number
  /** What the source's clock tells apart, by the digits it writes; never finer than a microsecond. */
  readonly precisionUs: number
}

// One source writes the same second many times in a row. Only speed depends on this, never the result.
let lastText = ''
let lastParsed: ParsedTime | undefined

/** RFC 3339 with an offset → microseconds since 1970; `undefined` for anything else. */
export const parseTime = (text: unknown): ParsedTime | undefined => {
  if (text === lastText) return lastParsed
  if (typeof text !== 'string' || text.length > 40) return undefined
  const parsed = parse(text)
  lastText = text
  lastParsed = parsed
  return parsed
}

const parse = (text: string): ParsedTime | undefined => {
  const match = rfc3339.exec(text)
  if (match === null) return undefined
  const [, date, clock, fraction = '', zone = 'Z'] = match
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase()
  const milliseconds = Date.parse(`${date}T${clock}${offset}`)
  if (Number.isNaN(milliseconds)) return undefined
  const micros = Number(fraction.padEnd(6, '0').slice(0, 6))
  return { timeUs: milliseconds * 1000 + micros, precisionUs: 10 ** Math.max(0, 6 - fraction.length) }
}
