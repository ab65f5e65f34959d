const product = /^([^\s/()]{1,128})\/([^\s/()]{1,128})/
const unknown = { clientName: '', clientVersion: '' } as const

/** The first product of a user agent (`claude-code/2.1.14`): what the client says of itself, a claim. */
export const parseUserAgent = (userAgent: string): { readonly clientName: string; readonly clientVersion: string } => {
  const match = product.exec(userAgent)
  if (match !== null) return { clientName: match[1] ?? '', clientVersion: match[2] ?? '' }
  return /^[\w.-]{1,128}$/.test(userAgent) ? { clientName: userAgent, clientVersion: '' } : unknown
}
