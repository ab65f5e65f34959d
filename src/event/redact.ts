import { isSecretName } from './is-secret-name.ts'
import { mapStrings } from './map-strings.ts'
import { parseExact } from './raw-json.ts'
import { kindOf, redactedMark, redactText } from './redact-text.ts'

/**
 * A JSON value without credentials: whatever stands under a name like `password` or `authorization`, and whatever looks
 * like a token, each replaced by `[redacted:<kind>]`. The very same value if there was nothing to replace.
 */
export const redact = (value: unknown): unknown => mapStrings(value, { map: redactString, covers: isSecretName })

/** Nothing, a mark of ours, or a token that is already a keyed hash. */
const isHarmless = (text: string): boolean => /^$|^\[redacted:\w+\]$|^hmac:[\w-]{1,64}:[0-9a-f]{32}$/.test(text)

const redactString = (text: string, key: string): string => {
  if (isSecretName(key)) return isHarmless(text) ? text : redactedMark(kindOf(key))
  return redactInner(text) ?? redactText(text)
}

/** JSON within a string (a request body, say) is redacted by its own structure, one level deep. */
const redactInner = (text: string): string | undefined => {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    const value = parseExact(text)
    const clean = mapStrings(value, { map: redactPlain, covers: isSecretName })
    return redactText(clean === value ? text : JSON.stringify(clean))
  } catch {
    return undefined
  }
}

const redactPlain = (text: string, name: string): string =>
  isSecretName(name) && !isHarmless(text) ? redactedMark(kindOf(name)) : redactText(text)
