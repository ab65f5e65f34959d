import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { mayHoldSecret } from '../../../src/event/may-hold-secret.ts'
import { redact } from '../../../src/event/redact.ts'
import { redactText } from '../../../src/event/redact-text.ts'

/** Joined here, so that this file itself holds nothing that a scanner takes for a credential. */
const join = (...parts: readonly string[]): string => parts.join('')
const jwt = join('ey', 'JhbGciOiJIUzI1NiJ9.ey', 'JzdWIiOiIxIn0.c2lnbmF0dXJl')

const secrets: readonly (readonly [string, unknown, string])[] = [
  ['a bearer header', 'Authorization: Bearer abcdefgh12345', 'abcdefgh12345'],
  ['a bearer token', 'sent with bearer abcdefgh12345', 'abcdefgh12345'],
  ['a basic header', `Basic ${Buffer.from('user:pass').toString('base64')}`, 'dXNlcjpw'],
  ['a JWT', `token is ${jwt}.`, 'JzdWIi'],
  ['a Pomerium service account', `Pomerium-${jwt}`, 'JzdWIi'],
  ['a Pomerium token', join('pom_', 'mat_AbC-dEf_123'), 'AbC-dEf'],
  ['an encrypted session', 'a=1&pomerium_session_encrypted=AAAAbbbb&b=2', 'AAAAbbbb'],
  ['an OAuth code', 'https://h/cb?code=abcdefghij&state=0123456789abcdef', 'abcdefghij'],
  ['an OAuth state', 'state=0123456789abcdef&x=1', '0123456789abcdef'],
  ['a code within an encoded URL', 'u=https%3A%2F%2Fh%2F%3Fcode%3Dabcdefghij', 'abcdefghij'],
  ['a GitHub token', join('gh', 'p_', 'a1'.repeat(18)), 'a1a1'],
  ['a fine-grained GitHub token', join('github', '_pat_', 'a1'.repeat(18)), 'a1a1'],
  ['a Slack token', join('xo', 'xb-123456789-abcdef'), '123456789'],
  ['an AWS key', join('AK', 'IAABCDEFGHIJKLMNOP'), 'ABCDEFGHIJ'],
  ['a Google key', join('AI', 'za', 'b2'.repeat(18)), 'b2b2'],
  ['an Anthropic key', join('sk', '-ant-api03-abcdefghijklmnop'), 'abcdefghijklmnop'],
  ['an OpenAI key', join('sk', '-proj-abcdefghijklmnop'), 'abcdefghijklmnop'],
  ['a private key', join('-----BEGIN ', 'PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----'), 'MIIE'],
  ['a private key without an end', join('-----BEGIN RSA ', 'PRIVATE KEY-----\nMIIE'), 'MIIE'],
  ['a URL’s user', 'postgres://admin:hunter2@db/x', 'hunter2'],
  ['a password', { password: 'hunter2' }, 'hunter2'],
  ['a number', { db: { 'client-secret': 771177 } }, '771177'],
  ['what is below a secret name', { credentials: { user: ['hunter2'] } }, 'hunter2'],
  ['a cookie', { headers: { 'Set-Cookie': ['sid=hunter2'] } }, 'hunter2'],
  ['a key of an object', { [join('gh', 'p_', 'a1'.repeat(18))]: 1 }, 'a1a1'],
  ['JSON within a string', { body: '{"api_key":"hunter2"}' }, 'hunter2'],
  ['JSON within JSON within a string', { body: JSON.stringify({ b: '{"apiKey":"hunter2"}' }) }, 'hunter2'],
  ['broken JSON within a string', { body: '{"api_key":"hunter2' }, 'hunter2'],
]

describe('redact', () => {
  it.each(secrets)('takes out %s', (_what, value, secret) => {
    const clean = JSON.stringify(redact({ value }))
    expect(clean).not.toContain(secret)
    expect(clean).toMatch(/\[redacted:\w+\]/)
  })

  it.each(secrets)('is asked about %s', (_what, value) => {
    const bytes = Buffer.from(JSON.stringify({ value }))
    expect(mayHoldSecret(bytes, 0, bytes.length)).toBe(true)
  })

  it.each(['{"tool":"search_code","mcp":1}', '{"tool":"code: 12d"}', '{"key":"a","value":{"Key":1}}'])(
    'is not asked about %s',
    (text) => {
      const bytes = Buffer.from(text)
      expect(mayHoldSecret(bytes, 0, bytes.length)).toBe(false)
    },
  )

  it.each(['{"apiKey":"a"}', '{"keyKey":1}', '{"key ":1}', '{"pwd":1}', '{"key":"signing-key","value":1}'])(
    'is asked about the names in %s',
    (text) => {
      const bytes = Buffer.from(text)
      expect(mayHoldSecret(bytes, 0, bytes.length)).toBe(true)
    },
  )

  it('takes out what stands under a name of a list of pairs', () => {
    const pairs = [{ key: 'db.password', value: { stringValue: 'hunter2' } }]
    expect(JSON.stringify(redact(pairs))).not.toContain('hunter2')
  })

  it('finds what is spelled with escapes', () => {
    const bytes = Buffer.from('{"\\u0070assword":"hunter2"}')
    expect(mayHoldSecret(bytes, 0, bytes.length)).toBe(true)
  })

  it.each([
    'basic understanding of risk-based task-lists',
    'https://example.com/a?state=open&page=2',
    'WWW-Authenticate: Bearer realm="github-mcp"',
    'exit code=1',
    'the key is under the mat',
  ])('leaves %s', (text) => {
    expect(redact({ text })).toEqual({ text })
  })

  it('gives back the very same value if there was nothing', () => {
    const value = { 'refresh-token-id': 'a', max_tokens: 5, progressToken: 'p', nested: [{ __proto__: null }] }
    expect(redact(value)).toBe(value)
  })

  it('leaves a token that is already a keyed hash', () => {
    const value = { 'Mcp-Session-Id': `hmac:k1:${'0'.repeat(32)}` }
    expect(redact(value)).toBe(value)
  })
})

it('takes no longer than the text is long', () => {
  const hostile = [
    'eyJ',
    '-eyJ',
    'a.',
    '"',
    '"a":',
    '\\',
    '://',
    '\\"a\\":\\"',
    'bearer ',
    'a=',
    'cookie:',
    'a=%3D',
    join('-----BEGIN ', 'PRIVATE KEY-----'),
  ]
  for (const piece of hostile) {
    const text = piece.repeat(Math.floor(900_000 / piece.length))
    const before = performance.now()
    redactText(text)
    // Quadratic time would be minutes.
    expect(performance.now() - before).toBeLessThan(5_000)
  }
})

describe('paths of attributes', () => {
  it.each(['password.value', 'request.headers.X-Api-Key.0', `${'inner.'.repeat(40)}password`, 'a.api.key'])(
    'takes out what stands under %s',
    (path) => {
      expect(JSON.stringify(redact({ [path]: 'the-value' }))).not.toContain('the-value')
    },
  )

  it.each(['params._meta.progressToken', 'result.nextPageToken', 'tokens.0', 'monkey.keys'])('keeps %s', (path) => {
    expect(redact({ [path]: 'the-value' })).toEqual({ [path]: 'the-value' })
  })
})
