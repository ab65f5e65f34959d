import { Buffer } from 'node:buffer'
import { isSecretName } from './is-secret-name.ts'

/** Shorter text holds neither a token nor a name with its value. */
const textCharsMin = 7

/** What takes a secret's place. */
export const redactedMark = (kind: string): string => `[redacted:${kind}]`

// Every pattern is linear in the text: repetitions are bounded, or a match consumes what it scanned.
const shapes: readonly { readonly kind: string; readonly pattern: RegExp }[] = [
  {
    kind: 'private_key',
    pattern:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g,
  },
  { kind: 'pomerium_token', pattern: /pom_m[ar]t_[\w.~+/=-]{4,}/g },
  { kind: 'github_token', pattern: /gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}/g },
  { kind: 'slack_token', pattern: /xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}/g },
  { kind: 'aws_key', pattern: /(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])/g },
  { kind: 'google_key', pattern: /AIza[\w-]{30,}|ya29\.[\w.-]{16,}/g },
  {
    kind: 'api_key',
    pattern: /(?<![A-Za-z0-9])(?:sk-[\w-]{16,}|[rsp]k_(?:live|test)_\w{8,}|glpat-[\w-]{16,}|npm_\w{30,}|hf_\w{20,})/g,
  },
]
const bearer = /(?<![A-Za-z])(bearer)(\s{1,4})(?!realm=)[\w.~+/=-]{6,}/gi
const basic = /(?<![A-Za-z])(basic)(\s{1,4})([A-Za-z0-9+/_-]{4,}={0,2})/gi
const userInfo = /(:\/\/)[^\s/"'@?#\\]{1,512}@/g
const header =
  /(?<![\w-])((?:proxy-)?authorization|(?:set-)?cookie|x-api-key|mcp-session-id|password|passwd|api[_-]?key)(\s{0,4}:\s{0,4})(?![\s"'\\[])([^\r\n"'\\]{1,8192})/gi
const parameter = /(?<![\w.-])([\w.-]{1,64})=([^&\s"'<>;\\]{4,})/g
const member = /"([\w.-]{3,64})"(\s{0,8}:\s{0,8})"(?:[^"\\]|\\[\s\S])*"?/g
const escapedMember = /\\"([\w.-]{3,64})(\\{1,15}"\s{0,8}:\s{0,8}\\{1,15}")[^"]*/g
const run = /[\w.-]{20,}/g

/** Something of every pattern below: most text has none of it and needs no further look. */
const hint =
  /bearer|basic|eyJ|pom_m|gh[pousr]_|github_pat|xox|xapp-|AKIA|ASIA|AIza|ya29|sk-|[prs]k_|glpat|npm_|hf_|-----BEGIN|:\/\/|=|cookie|passw|passphrase|pwd|secret|token|key|authorization|credential|assertion|session/i

/** Text without the credentials that can be told by shape, or by the name before them. The text itself if there are none. */
export const redactText = (text: string): string => {
  if (text.length < textCharsMin || !hint.test(text)) return text
  let clean = text
  for (const { kind, pattern } of shapes) clean = clean.replace(pattern, redactedMark(kind))
  clean = clean.replace(run, withoutJwt)
  clean = clean.replace(bearer, `$1$2${redactedMark('bearer')}`)
  clean = clean.replace(basic, withoutBasic)
  clean = clean.replace(userInfo, `$1${redactedMark('userinfo')}@`)
  clean = clean.replace(member, (all, name: string, between: string) =>
    isSecretName(name) ? `"${name}"${between}"${redactedMark(kindOf(name))}"` : all,
  )
  clean = clean.replace(escapedMember, (all, name: string, between: string) =>
    isSecretName(name) ? `\\"${name}${between}${redactedMark(kindOf(name))}\\` : all,
  )
  clean = clean.replace(
    header,
    (_all, name: string, between: string) => `${name}${between}${redactedMark(kindOf(name))}`,
  )
  return clean.replace(parameter, withoutParameter)
}

/** A mark's kind for a secret told by its name. */
export const kindOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .slice(0, 40)

const withoutParameter = (all: string, name: string, value: string): string => {
  if (value.startsWith('[redacted:')) return all
  const isGrant = (name === 'code' && value.length >= 8) || (name === 'state' && value.length >= 16)
  if (isGrant || name === 'code_verifier') return `${name}=${redactedMark('oauth')}`
  // A URL within a URL's parameter, encoded as often as it was nested.
  if (/%(?:25){0,3}3D/i.test(value)) return `${name}=${withoutNested(value)}`
  const isSigned = /signature$|encrypted$/i.test(name)
  return isSigned || isSecretName(name) ? `${name}=${redactedMark(kindOf(name))}` : all
}

const withoutNested = (value: string): string => {
  try {
    const decoded = decodeURIComponent(value)
    const clean = redactText(decoded)
    if (clean === decoded) return value
    return encodeURIComponent(clean).replace(/%5Bredacted%3A(\w+)%5D/g, '[redacted:$1]')
  } catch {
    // What cannot be decoded cannot be looked into either.
    return redactedMark('query')
  }
}

/** `Basic` is also a word of English: only what decodes to `user:password` is a credential. */
const withoutBasic = (all: string, word: string, between: string, value: string): string =>
  Buffer.from(value, 'base64').includes(0x3a) ? `${word}${between}${redactedMark('basic')}` : all

const withoutJwt = (text: string): string => {
  if (!text.includes('eyJ')) return text
  const parts = text.split('.')
  for (const [index, part] of parts.entries()) {
    const start = part.indexOf('eyJ')
    // A header, and at least the beginning of a payload.
    if (start === -1 || part.length - start < 10 || (parts[index + 1]?.length ?? 0) < 2) continue
    return [...parts.slice(0, index), part.slice(0, start) + redactedMark('jwt')].join('.')
  }
  return text
}
