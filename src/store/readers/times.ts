const pattern = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?(?:\.(\d+))?\s*(Z|[+-]\d\d:\d\d)?$/i

/** Microseconds since 1970 of an RFC 3339 time or of one as the store prints it (UTC); null if it is neither. */
export const microsOf = (text: string): number | null => {
  const match = pattern.exec(text)
  if (match === null) return null
  const [, date = '', minute = '', second = ':00', fraction = '', zone = 'Z'] = match
  const ms = Date.parse(`${date}T${minute}${second}${zone.toUpperCase()}`)
  return Number.isNaN(ms) ? null : ms * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** `2026-05-04 10:15:00.123` as the store prints it, in RFC 3339 with microseconds. */
export const rfcTime = (stored: string): string => `${stored.replace(' ', 'T').padEnd(26, '0')}Z`

/** Microseconds since 1970 as the store prints them. */
export const storedTime = (us: number): string => {
  const text = new Date(Math.floor(us / 1000)).toISOString().replace('T', ' ').replace('Z', '')
  return `${text}${String(us % 1000).padStart(3, '0')}`
}

export const rfcTimeOfUs = (us: number): string => rfcTime(storedTime(us))

export const rfcTimeOfMs = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z')
