import { createHmac } from 'node:crypto'

/** As Pomerium checks it: HS256 by the shared secret, and a payload of `exp` and nothing else. */
export const isValidJwt = (token: string, options: { readonly key: Buffer; readonly nowMs: number }): boolean => {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const expected = createHmac('sha256', options.key).update(`${header}.${payload}`).digest('base64url')
  if (signature !== expected) return false
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const isPlain = JSON.stringify(Object.keys(claims)) === '["exp"]'
  return isPlain && typeof claims['exp'] === 'number' && claims['exp'] * 1000 > options.nowMs
}
