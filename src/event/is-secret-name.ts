const secretEnds = [
  'authorization',
  'cookie',
  'password',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'privatekey',
  'secretkey',
  'signingkey',
  'credential',
  'credentials',
  'assertion',
  'sessionencrypted',
  'mcpsessionid',
] as const
/** Names that end like a secret and are none: MCP's progress and paging marks. */
const harmless: ReadonlySet<string> = new Set([
  'progresstoken',
  'pagetoken',
  'nextpagetoken',
  'continuationtoken',
  'synctoken',
])

// The same few names come with every record. Only speed depends on this.
const knownNamesMax = 4096
const knownCharsMax = 128
let known = new Map<string, boolean>()

/**
 * Whether a key, header or query parameter is named like something whose value is a credential. Of a path of names
 * (`request.headers.X-Api-Key.0`) each one counts: what stands below a credential's name is as secret as the credential.
 */
export const isSecretName = (name: string): boolean => {
  if (name.length < 3) return false
  if (name.length > knownCharsMax) return isSecretPath(name)
  const answer = known.get(name)
  if (answer !== undefined) return answer
  if (known.size >= knownNamesMax) known = new Map()
  const isSecret = isSecretPath(name)
  known.set(name, isSecret)
  return isSecret
}

const isSecretPath = (path: string): boolean => {
  const names = path.split('.').map(plainOf)
  return names.some(isSecret) || (isSecret(names.join('')) && !harmless.has(names.at(-1) ?? ''))
}

const plainOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '')

const isSecret = (plain: string): boolean => secretEnds.some((end) => plain.endsWith(end)) && !harmless.has(plain)
