import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose'
import { z } from 'zod'
import type { Principal } from '../api/access.ts'
import type { Config } from '../config.ts'
import type { Grant } from '../config-access.ts'
import { AgenttrailError } from '../errors.ts'

export type JwtConfig = Pick<Config, 'authIssuer' | 'authAudience' | 'authJwksUrl' | 'authGroupsClaim' | 'grants'>

/** Only what a published key verifies: with a shared secret whoever can verify could also sign. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]
const clockToleranceSeconds = 30
const timeoutMs = 5_000

/**
 * Who a signed token of an identity provider is of; null if it is not valid here. Rejects with `AGT_KEYS_UNAVAILABLE`
 * where the provider's keys cannot be had. Keys are kept and fetched again when an unknown one is named.
 */
export const createJwtIdentity = (config: JwtConfig): ((token: string) => Promise<Principal | null>) => {
  let keys: Promise<ReturnType<typeof createRemoteJWKSet>> | null = null
  const keySet = async () => {
    keys ??= jwksUrlOf(config).then((url) => createRemoteJWKSet(url, { timeoutDuration: timeoutMs }))
    return keys.catch((error: unknown) => {
      keys = null
      throw error
    })
  }
  const options = {
    algorithms,
    // With none nothing is valid: a token for another service must not open this one.
    audience: config.authAudience ?? [],
    clockTolerance: clockToleranceSeconds,
    requiredClaims: ['exp'],
    ...(config.authIssuer === undefined ? {} : { issuer: config.authIssuer }),
  }
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, await keySet(), options)
      return principalFrom(payload, config)
    } catch (error) {
      if (isRefusal(error)) return null
      throw unavailable(error)
    }
  }
}

/** What is wrong with the token, and not with the way to the keys. */
const isRefusal = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  !(error instanceof errors.JWKSInvalid) &&
  error.code !== 'ERR_JOSE_GENERIC'

const unavailable = (cause: unknown): AgenttrailError =>
  new AgenttrailError('AGT_KEYS_UNAVAILABLE', "The identity provider's keys cannot be had, so nobody can be known.", {
    cause,
  })

const discovery = z.looseObject({ jwks_uri: z.url() })

const jwksUrlOf = async ({ authJwksUrl, authIssuer = '' }: JwtConfig): Promise<URL> => {
  if (authJwksUrl !== undefined) return new URL(authJwksUrl)
  const url = `${authIssuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
  return new URL(discovery.parse(await response.json()).jwks_uri)
}

const principalFrom = (payload: JWTPayload, { authGroupsClaim, grants }: JwtConfig): Principal => {
  const email = typeof payload['email'] === 'string' && payload['email_verified'] !== false ? payload['email'] : ''
  const users = [payload.sub ?? '', email].filter((each) => each !== '')
  const claim = payload[authGroupsClaim]
  const groups = (Array.isArray(claim) ? claim : [claim]).filter((each) => typeof each === 'string')
  const meant = grants.filter((grant) => isFor(grant, users, groups))
  const realms = [...new Set(meant.flatMap((grant) => grant.realms))]
  return {
    name: email || (payload.sub ?? ''),
    roles: [...new Set(meant.flatMap((grant) => grant.roles))],
    realms: realms.includes('*') ? 'all' : realms,
  }
}

const isFor = ({ user, group }: Grant, users: readonly string[], groups: readonly string[]): boolean =>
  (user === undefined || users.includes(user)) && (group === undefined || groups.includes(group))
