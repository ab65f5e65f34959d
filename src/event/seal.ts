import { createHmac } from 'node:crypto'

const cachedTokensMax = 20_000

/**
 * Keyed hash of a session token: `hmac:<key id>:<32 hex digits>` (HMAC-SHA-256, its first half); `''` for `''`. The
 * token itself is never stored, and without the key no guess can be checked.
 */
export const createSealToken = (deps: {
  readonly key: Uint8Array
  readonly keyId: string
}): ((token: string) => string) => {
  // A session's token comes with every line; two generations bound the cache without bookkeeping per use.
  let young = new Map<string, string>()
  let old = new Map<string, string>()
  const seal = (token: string): string =>
    `hmac:${deps.keyId}:${createHmac('sha256', deps.key).update(token).digest('hex').slice(0, 32)}`

  return (token) => {
    if (token === '') return ''
    const known = young.get(token)
    if (known !== undefined) return known
    const sealed = old.get(token) ?? seal(token)
    if (young.size >= cachedTokensMax) {
      old = young
      young = new Map()
    }
    young.set(token, sealed)
    return sealed
  }
}
