import type { Headers } from './access.ts'

/** What a browser keeps a token in: a page's scripts cannot read it, and `EventSource` sends it. */
export const tokenCookie = 'agenttrail_token'

/** Every token begins so; what else comes as a bearer is somebody else's. */
export const tokenPrefix = 'agt_'

/**
 * The token among a request's headers, `''` if there is none. `x-agenttrail-token` is for gateways that ask about a
 * request: its `authorization` is the agent's.
 */
export const tokenOf = (headers: Headers): string => {
  const own = textOf(headers['x-agenttrail-token'])
  if (own !== '') return own
  const bearer = bearerOf(headers)
  if (bearer.startsWith(tokenPrefix)) return bearer
  const cookies = textOf(headers['cookie']).split(';')
  const cookie = cookies.map((each) => each.trim()).find((each) => each.startsWith(`${tokenCookie}=`))
  return cookie?.slice(tokenCookie.length + 1) ?? ''
}

/** Who Pomerium says asks, signed by it. */
export const assertionOf = (headers: Headers): string => textOf(headers['x-pomerium-jwt-assertion'])

export const bearerOf = (headers: Headers): string =>
  /^bearer +(\S+) *$/i.exec(textOf(headers['authorization']))?.[1] ?? ''

const textOf = (value: string | readonly string[] | undefined): string =>
  typeof value === 'string' ? value : (value?.[0] ?? '')
