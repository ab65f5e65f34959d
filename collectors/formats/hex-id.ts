/** A W3C trace id (32 digits) or span id (16) in lower case; `''` for whatever is none, and for the id of nothing (all zeros). */
export const hexId = (value: unknown, digits: 16 | 32): string => {
  const id = typeof value === 'string' ? value.toLowerCase() : ''
  return id.length === digits && /^[0-9a-f]+$/.test(id) && !/^0+$/.test(id) ? id : ''
}
