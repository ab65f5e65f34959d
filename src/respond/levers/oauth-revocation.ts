import type { Lever, LeverTraits } from '../lever.ts'
import type { Revocation } from '../revocation.ts'
import { sendRequest } from './send-request.ts'

export interface OauthRevocationDeps {
  /** The authorization server's revocation endpoint (RFC 7009). */
  readonly url: string
  readonly clientId: string
  /** `''` for a public client. */
  readonly clientSecret: string
  /** The token that an agent goes by, asked for when it is needed; `''` where none is held for it. */
  readonly tokenOf: (agentId: string) => string
}

/** An access token that was made before may be taken until it ends: that is up to the resource server. */
export const oauthRevocationTraits: LeverTraits = {
  name: 'oauth-revocation',
  scopes: ['agent'],
  isReversible: false,
  canPreview: false,
  delayMs: 300_000,
}

/**
 * Has an authorization server revoke an agent's token, and with a refresh token all that were made by it. Tokens are never
 * taken from what agents send, so it works for agents whose token the operator holds.
 */
export const createOauthRevocationLever = (deps: OauthRevocationDeps): Lever => {
  const { url, clientId, clientSecret, tokenOf } = deps
  const client = `${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`
  return {
    name: oauthRevocationTraits.name,

    apply: async ({ revocation }, signal) => {
      const token = tokenOf(agentOf(revocation))
      if (token === '') return { state: 'failed', detail: 'no token of it is held' }
      const body = new URLSearchParams({ token, ...(clientSecret === '' && { client_id: clientId }) })
      const headers = {
        'content-type': 'application/x-www-form-urlencoded',
        ...(clientSecret !== '' && { authorization: `Basic ${Buffer.from(client).toString('base64')}` }),
      }
      // A token that is not known any more is answered like one that was revoked: nothing has to be told apart.
      return await sendRequest({ url, headers, body: body.toString() }, signal)
    },

    lift: async () => ({ state: 'accepted', detail: 'a revoked token stays so; the agent needs another one' }),
  }
}

const agent = 'agent:'

const agentOf = (revocation: Revocation | null): string => {
  const named = revocation?.keys.find((key) => key.startsWith(agent))?.slice(agent.length)
  return named ?? revocation?.subject.agentId ?? ''
}
