const pattern = /^(\d{1,12})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|h)$/
const unitUs: Readonly<Record<string, number>> = {
  ns: 0.001,
  us: 1,
  µs: 1,
  ms: 1000,
  s: 1_000_000,
  m: 60_000_000,
  h: 3_600_000_000,
}

/** A length of time as a source wrote it. */
export interface ParsedDuration {
  readonly durationUs: number
  /** What its last digit stands for; at least a microsecond. */
  readonly precisionUs: number
}

/** `233ms`, `1.5s` → microseconds; `undefined` for anything else. */
export const parseDuration = (text: string): ParsedDuration | undefined => {
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, whole = '', fraction = '', unit = ''] = match
  const scaleUs = unitUs[unit] ?? 1
  return {
    durationUs: Math.round(Number(`${whole}.${fraction || '0'}`) * scaleUs),
    precisionUs: Math.max(1, Math.round(scaleUs / 10 ** fraction.length)),
  }
}
