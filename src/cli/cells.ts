import type { Style } from './style.ts'

/** A time of the API, short enough for a table: the date is left out for times of the last day's half. */
export const shortTime = (time: string, now: Date): string => {
  const at = Date.parse(time)
  if (Number.isNaN(at)) return time
  const text = new Date(at).toISOString()
  const isRecent = Math.abs(now.getTime() - at) < 12 * 3_600_000
  return isRecent ? text.slice(11, 19) : text.slice(0, 19).replace('T', ' ')
}

/** The most telling name that is known. */
export const nameOf = (...names: readonly string[]): string => names.find((name) => name !== '') ?? '–'

type Painter = (style: Style) => (text: string) => string

export const decisionPaint = (decision: string): Painter => {
  if (decision === 'deny') return (style) => style.red
  if (decision === 'allow') return (style) => style.green
  return (style) => style.dim
}

export const severityPaint = (severity: string): Painter => {
  if (severity === 'critical' || severity === 'high') return (style) => style.red
  if (severity === 'medium') return (style) => style.yellow
  return (style) => style.dim
}

export const statusPaint = (status: string): Painter => {
  if (status === 'flagged' || status === 'revoking' || status === 'unconfirmed') return (style) => style.yellow
  if (status === 'revoked') return (style) => style.red
  return (style) => style.dim
}
