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
let known = new Map<string, boolean>()

/** Whether a key, header or query parameter is named like something whose value is a credential. */
export const isSecretName = (name: string): boolean => {
  if (name.length < 3 || name.length > 128) return false
  const answer = known.get(name)
  if (answer !== undefined) return answer
  if (known.size >= knownNamesMax) known = new Map()
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  const isSecret = secretEnds.some((end) => plain.endsWith(end)) && !harmless.has(plain)
  known.set(name, isSecret)
  return isSecret
}
