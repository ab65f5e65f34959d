import type { DecisionRequest } from './decision-request.ts'

/** The value of a header by its name in lower case, `''` if it is not there. */
export type HeaderOf = (name: string) => string

type HeaderFacts = Pick<
  DecisionRequest,
  | 'mcpSessionId'
  | 'credential'
  | 'explicitSessionId'
  | 'authSessionId'
  | 'agentIds'
  | 'oauthClientId'
  | 'userIds'
  | 'userEmails'
  | 'clientAddress'
  | 'userAgent'
  | 'httpRequestId'
  | 'traceparent'
>

/**
 * Who a request is of, by the headers of whoever authenticated it. A token's claims are read and not verified: the gateway
 * did that, and a denial is all that can come of them.
 */
export const readHeaders = (header: HeaderOf): HeaderFacts => {
  const credential = bearerOf(header('authorization')) || header('x-api-key')
  const assertion = claimsOf(header('x-pomerium-jwt-assertion'))
  const token = claimsOf(credential)
  return {
    mcpSessionId: header('mcp-session-id'),
    credential,
    explicitSessionId: baggageOf(header('baggage'), 'session.id'),
    authSessionId: assertion('sid'),
    agentIds: stated(header('x-agent-id')),
    oauthClientId: token('azp') || token('client_id'),
    userIds: stated(header('x-obot-user-id'), header('x-pomerium-claim-sub'), assertion('sub'), token('sub')),
    userEmails: stated(header('x-pomerium-claim-email'), assertion('email'), token('email')),
    clientAddress: header('x-forwarded-for').split(',', 1)[0]?.trim() ?? '',
    userAgent: header('user-agent'),
    httpRequestId: header('x-request-id'),
    traceparent: header('traceparent'),
  }
}

const stated = (...ids: readonly string[]): readonly string[] =>
  ids.filter((id, at) => id !== '' && ids.indexOf(id) === at)

const bearerOf = (authorization: string): string => /^bearer\s+(\S+)/i.exec(authorization)?.[1] ?? ''

const tokenCharsMax = 16_384
const noClaims = (): string => ''

/** The text claims of a JWT; none of anything else. */
const claimsOf = (token: string): ((name: string) => string) => {
  if (token === '' || token.length > tokenCharsMax) return noClaims
  const [, payload, signature] = token.split('.', 3)
  if (payload === undefined || signature === undefined) return noClaims
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
    if (typeof claims !== 'object' || claims === null) return noClaims
    return (name) => {
      const value: unknown = Object.hasOwn(claims, name) ? Reflect.get(claims, name) : ''
      return typeof value === 'string' ? value : ''
    }
  } catch {
    // Three parts with dots between them are not always a JWT.
    return noClaims
  }
}

/** One member of a W3C baggage header. */
const baggageOf = (baggage: string, name: string): string => {
  for (const member of baggage.split(',')) {
    const [key = '', value = ''] = (member.split(';', 1)[0] ?? '').split('=', 2)
    if (key.trim() === name) return decode(value.trim())
  }
  return ''
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
