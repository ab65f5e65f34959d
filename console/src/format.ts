const numbers = new Intl.NumberFormat('en')
const decimals = new Intl.NumberFormat('en', { maximumFractionDigits: 1 })

export const countText = (value: number): string => numbers.format(value)

export const rateText = (perSecond: number): string =>
  perSecond >= 100 ? numbers.format(Math.round(perSecond)) : decimals.format(perSecond)

/** `41 MB`, `2 GB`. */
export const bytesText = (bytes: number): string => {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${value >= 10 ? numbers.format(Math.round(value)) : decimals.format(value)} ${units[unit]}`
}

/** `now`, `40 s ago`, `12 min ago`, `3 h ago`, `6 d ago`. */
export const agoText = (timeMs: number, nowMs: number): string => {
  const seconds = Math.max(0, Math.round((nowMs - timeMs) / 1000))
  if (seconds < 5) return 'now'
  if (seconds < 60) return `${Math.floor(seconds / 5) * 5} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`
  return `${Math.floor(seconds / 86_400)} d ago`
}

/** `850 ms`, `4.2 s`, `3 min`, `2 h`. */
export const durationText = (ms: number): string => {
  if (ms < 1) return `${decimals.format(ms)} ms`
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${decimals.format(ms / 1000)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  return `${decimals.format(ms / 3_600_000)} h`
}

/** `10:15:07.125` in the reader's own zone. */
export const clockText = (time: string): string => {
  const date = new Date(time)
  const two = (value: number): string => String(value).padStart(2, '0')
  const milliseconds = String(date.getMilliseconds()).padStart(3, '0')
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${milliseconds}`
}

/** `4 May 2026, 10:15`. */
export const dateText = (time: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time))

/** `1 call`, `2 calls`. */
export const plural = (value: number, noun: string): string => `${countText(value)} ${noun}${value === 1 ? '' : 's'}`
