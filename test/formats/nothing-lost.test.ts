import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSecretName } from '../../src/event/is-secret-name.ts'
import { decodeText } from './decode-text.ts'

// Goal: no key of a record gets lost, whatever else is in it.
// Method: every key is given a value of its own; each value must be found again in some field or attribute of the events.

/** Plain words that no redaction and no other field could produce. */
const marker = fc.nat().map((number) => `mark${number}q`)
const optional = (keys: readonly string[]) =>
  fc.record(Object.fromEntries(keys.map((key) => [key, marker])), { requiredKeys: [] })
const unknownKey = fc
  .stringMatching(/^[a-z][a-z0-9-]{2,12}\.?[a-z]{0,5}$/)
  .map((key) => `x-${key}`)
  .filter((key) => !isSecretName(key))
const unknownKeys = fc.dictionary(
  unknownKey,
  fc.oneof(marker, fc.array(marker, { maxLength: 3 }), fc.dictionary(unknownKey, marker, { maxKeys: 3 })),
  { maxKeys: 5 },
)

const authorize = fc
  .tuple(
    optional([
      'request-id',
      'check-request-id',
      'method',
      'path',
      'ip',
      'session-id',
      'service-account-id',
      'user',
      'email',
    ]),
    optional([
      'impersonate-session-id',
      'impersonate-user-id',
      'envoy-route-id',
      'route-id',
      'server-name',
      'body',
      'query',
    ]),
    optional([
      'mcp-method',
      'mcp-tool',
      'cluster-stat-name',
      'route-checksum',
      'envoy-route-checksum',
      'removed-groups-count',
    ]),
    fc.record({ headers: optional(['User-Agent', 'Traceparent', 'X-Other']) }, { requiredKeys: [] }),
    fc.record({ 'mcp-tool-parameters': fc.dictionary(unknownKey, marker) }, { requiredKeys: [] }),
    fc.constantFrom(
      { allow: true, 'allow-why-true': ['domain-ok'], deny: false, 'deny-why-false': ['mcp-tool-no-match'] },
      { allow: false, 'allow-why-false': ['user-unauthenticated'], deny: true, 'deny-why-true': ['reject'] },
      { allow: 'yes', 'allow-why-true': 'odd', deny: null },
    ),
    unknownKeys,
  )
  .map((parts) => ({
    level: 'info',
    service: 'authorize',
    ...Object.assign({}, ...parts),
    time: '2026-11-24T07:51:48Z',
    message: 'authorize check',
  }))

const access = fc
  .tuple(
    optional([
      'upstream-cluster',
      'method',
      'authority',
      'path',
      'user-agent',
      'referer',
      'forwarded-for',
      'request-id',
    ]),
    optional(['response-code-details', 'ip', 'query', 'cluster-stat-name', 'server-name', 'duration', 'size']),
    fc.record({ headers: optional(['user-agent', 'x-forwarded-host', 'x-pomerium-claim-sid']) }, { requiredKeys: [] }),
    unknownKeys,
  )
  .map((parts) => ({
    level: 'info',
    service: 'envoy',
    ...Object.assign({}, ...parts),
    time: '2026-11-24T07:51:48Z',
    message: 'http-request',
  }))

const token = fc
  .tuple(
    optional(['ip', 'user_agent', 'request-id', 'client-id', 'user-id', 'session-id', 'scope', 'expires-in']),
    optional(['old-refresh-token-id', 'new-refresh-token-id', 'refresh-token-id']),
    unknownKeys,
  )
  .map((parts) => ({
    level: 'error',
    ...Object.assign({}, ...parts),
    time: '2026-11-24T07:51:48Z',
    message: 'mcp/token/refresh: token refreshed successfully',
  }))

const decision = fc
  .tuple(
    optional(['id', 'product', 'policyId', 'policyVersion']),
    fc.record(
      {
        principal: optional([
          'userId',
          'userEmail',
          'agentId',
          'agentName',
          'serviceAccountId',
          'oauthClientId',
          'other',
        ]),
        client: optional(['name', 'version', 'address', 'userAgent', 'other']),
        session: optional(['explicitId', 'authSessionId', 'other']),
        request: optional([
          'httpRequestId',
          'jsonrpcId',
          'method',
          'tool',
          'toolExposed',
          'resource',
          'server',
          'routeId',
          'arguments',
          'host',
          'path',
          'httpMethod',
          'traceparent',
          'other',
        ]),
        result: optional(['errorType', 'errorMessage', 'content', 'other']),
        attributes: unknownKeys,
      },
      { requiredKeys: [] },
    ),
    unknownKeys,
  )
  .map((parts) => ({ ...Object.assign({}, ...parts), time: '2026-11-24T07:51:48Z', decision: 'allow' }))

const leaves = (value: unknown): readonly string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [String(value)]

describe.each([
  ['authorize', authorize],
  ['access', access],
  ['token', token],
  ['decision event', decision],
] as const)('%s', (_name, records) => {
  it('keeps every key', () => {
    fc.assert(
      fc.property(records as fc.Arbitrary<object>, (record) => {
        const [decoded] = decodeText(JSON.stringify(record))
        expect(decoded).toMatchObject({ outcome: 'ok', reason: '' })
        const text = JSON.stringify(decoded?.events)
        for (const leaf of leaves(record)) {
          if (/^mark\d+q$/.test(leaf)) expect(text).toContain(leaf)
        }
      }),
      { numRuns: 300 },
    )
  })
})
