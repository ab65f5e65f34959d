import { mapStrings } from './map-strings.ts'
import { parseExact } from './raw-json.ts'

/** A value that must not be stored, and the keyed hash that takes its place. */
export interface SealedValue {
  readonly value: string
  readonly replacement: string
}

/**
 * What may be looked for inside longer text. A client can send any session id it likes: one that is short, or a word, would
 * otherwise blot out tool names and addresses, and hide what was done.
 */
const tokenLike = /^(?=.*\d)[\w.~+=-]{16,}$/

/** A JSON value without the sealed values; the very same value if none was in it. JSON within strings is looked into. */
export const sealStrings = (value: unknown, sealed: readonly SealedValue[]): unknown =>
  mapStrings(value, { map: (text) => sealText(text, sealed), covers: () => false })

const sealText = (text: string, sealed: readonly SealedValue[]): string => {
  if (!/^\s*[[{]/.test(text)) return replaceSealed(text, sealed)
  try {
    const value = parseExact(text)
    const clean = sealStrings(value, sealed)
    return clean === value ? replaceSealed(text, sealed) : replaceSealed(JSON.stringify(clean), sealed)
  } catch {
    return replaceSealed(text, sealed)
  }
}

const replaceSealed = (text: string, sealed: readonly SealedValue[]): string => {
  let clean = text
  for (const { value, replacement } of sealed) {
    if (clean === value) return replacement
    if (tokenLike.test(value)) clean = clean.replaceAll(value, replacement)
  }
  return clean
}
