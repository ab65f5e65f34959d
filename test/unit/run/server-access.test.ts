import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { createServerAccess } from '../../../src/run/server-access.ts'
import { TokenFiles } from '../../../src/run/token-files.ts'

// Goal: who an identity provider vouches for may do what the grants say, and nobody else anything.
// Method: a provider with its discovery document and keys on this machine, tokens signed by it and by others.

let provider: Server
let issuer: string
let dataDir: string
let isUp: boolean
let signing: Awaited<ReturnType<typeof generateKeyPair>>
let foreign: Awaited<ReturnType<typeof generateKeyPair>>

beforeAll(async () => {
  signing = await generateKeyPair('ES256')
  foreign = await generateKeyPair('ES256')
  const keys = { keys: [{ ...(await exportJWK(signing.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' }] }
  provider = createServer((request, response) => {
    const documents: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
      '/keys': keys,
    }
    response.writeHead(isUp ? 200 : 503, { 'content-type': 'application/json' })
    response.end(JSON.stringify(documents[request.url ?? ''] ?? {}))
  })
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve))
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  dataDir = mkdtempSync(join(tmpdir(), 'agenttrail-access-'))
})
afterAll(() => {
  provider.close()
  rmSync(dataDir, { recursive: true, force: true })
})
beforeEach(() => {
  isUp = true
})

const grants = [
  { user: 'mira@acme.test', roles: ['admin' as const], realms: ['*'] },
  { group: 'sre', roles: ['viewer' as const, 'responder' as const], realms: ['prod', 'stage'] },
  { roles: ['viewer' as const], realms: ['default'] },
]
const accessFor = (auth: 'oidc' | 'pomerium', settings: Record<string, string> = {}) => {
  const env = {
    AGENTTRAIL_DATA_DIR: dataDir,
    AGENTTRAIL_AUTH: auth,
    AGENTTRAIL_AUTH_AUDIENCE: 'audit.example',
    ...(auth === 'oidc' ? { AGENTTRAIL_AUTH_ISSUER: issuer } : { AGENTTRAIL_AUTH_JWKS_URL: `${issuer}/keys` }),
    ...settings,
  }
  return createServerAccess({ ...loadConfig({ env }), grants }, { warn: () => undefined })
}

const sign = (claims: JWTPayload & { readonly life?: string }, key = signing.privateKey): Promise<string> => {
  const { life = '5m', ...payload } = claims
  return new SignJWT({ iss: issuer, aud: 'audit.example', ...payload })
    .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
    .setIssuedAt()
    .setExpirationTime(life)
    .sign(key)
}

const mira = { sub: 'u-1', email: 'mira@acme.test' }

describe('a token of an OIDC provider', () => {
  test('is who the provider says, with what every grant for them gives', async () => {
    const { identify } = accessFor('oidc')
    const who = async (claims: JWTPayload) => identify({ authorization: `Bearer ${await sign(claims)}` })
    expect(await who(mira)).toEqual({ name: 'mira@acme.test', roles: ['admin', 'viewer'], realms: 'all' })
    expect(await who({ sub: 'u-2', groups: ['sre', 'x'] })).toEqual({
      name: 'u-2',
      roles: ['viewer', 'responder'],
      realms: ['prod', 'stage', 'default'],
    })
    // An address that nobody verified is anybody's.
    expect(await who({ ...mira, email_verified: false })).toMatchObject({ name: 'u-1', roles: ['viewer'] })
  })

  test('may come in the cookie that signing in makes', async () => {
    const cookie = `agenttrail_token=${await sign(mira)}`
    expect(await accessFor('oidc').identify({ cookie })).toMatchObject({ name: 'mira@acme.test' })
  })

  test('is nobody where anything is wrong with it', async () => {
    const { identify } = accessFor('oidc')
    const unsigned = [{ alg: 'none' }, { iss: issuer, aud: 'audit.example', ...mira, exp: Date.now() }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    const shared = new SignJWT({ iss: issuer, aud: 'audit.example', ...mira })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode(JSON.stringify(await exportJWK(signing.publicKey))))
    const wrong = {
      another: await sign(mira, foreign.privateKey),
      expired: await sign({ ...mira, life: '-2m' }),
      'for another service': await sign({ ...mira, aud: 'other.example' }),
      'of another issuer': await sign({ ...mira, iss: 'https://evil.example' }),
      unsigned: `${unsigned}.`,
      'signed with what is public': await shared,
      text: 'what.is.this',
      none: '',
    }
    for (const [what, token] of Object.entries(wrong)) {
      expect([what, await identify({ authorization: `Bearer ${token}` })]).toEqual([what, null])
    }
  })

  test('cannot be judged without the keys, and can once they are back', async () => {
    const { identify } = accessFor('oidc')
    const authorization = `Bearer ${await sign(mira)}`
    isUp = false
    await expect(identify({ authorization })).rejects.toMatchObject({ code: 'AGT_KEYS_UNAVAILABLE' })
    isUp = true
    expect(await identify({ authorization })).not.toBeNull()
  })
})

describe("Pomerium's assertion", () => {
  test('is who it says, and a bearer token is not asked for', async () => {
    const { identify } = accessFor('pomerium')
    const assertion = await sign({ ...mira, iss: 'audit.example' })
    expect(await identify({ 'x-pomerium-jwt-assertion': assertion })).toMatchObject({ name: 'mira@acme.test' })
    expect(await identify({ authorization: `Bearer ${assertion}` })).toBeNull()
    expect(await identify({ 'x-pomerium-jwt-assertion': await sign(mira, foreign.privateKey) })).toBeNull()
  })
})

test.each(['oidc', 'pomerium'] as const)('with %s machines have tokens of ours', async (auth) => {
  const token = new TokenFiles({ dataDir, now: Date.now }).create({
    name: `shipper-${auth}`,
    roles: ['ingest'],
    realms: 'all',
    lifeMs: 60_000,
  })
  isUp = false
  const headers = { authorization: `Bearer ${token}` }
  expect(await accessFor(auth).identify(headers)).toMatchObject({ name: `token:shipper-${auth}`, roles: ['ingest'] })
})

test.each([
  [{ AGENTTRAIL_AUTH: 'oidc' }, /authIssuer .*needs it\n.*authAudience .*needs it/],
  [{ AGENTTRAIL_AUTH: 'pomerium', AGENTTRAIL_AUTH_AUDIENCE: 'a' }, /authJwksUrl .*needs it/],
])('%j does not start', (env, problem) => {
  expect(() => loadConfig({ env })).toThrow(problem)
})
