import { describe, expect, it } from 'vitest'
import { pomerium } from '../../../../collectors/formats/pomerium.ts'
import { readEvent, readRecord } from './read-event.ts'

type Changed = Readonly<Record<string, unknown>>

const authorize = (changed: Changed = {}): object => ({
  level: 'info',
  service: 'authorize',
  'request-id': 'r-1',
  host: 'github-mcp.example.com',
  user: 'u-1',
  email: 'alice@example.com',
  'mcp-method': 'tools/call',
  'mcp-tool': 'list_issues',
  allow: true,
  'allow-why-true': ['email-ok'],
  deny: false,
  'deny-why-false': ['mcp-tool-no-match'],
  time: '2026-08-22T10:00:05Z',
  message: 'authorize check',
  ...changed,
})

const access = (changed: Changed = {}): object => ({
  level: 'info',
  service: 'envoy',
  'upstream-cluster': 'github-mcp-3799620ab5d291d9',
  authority: 'upstream.internal:8080',
  path: '/mcp',
  'request-id': 'r-1',
  duration: 250,
  'response-code': 200,
  'response-code-details': 'via_upstream',
  time: '2026-08-22T10:00:05Z',
  message: 'http-request',
  ...changed,
})

const operational = (message: string, changed: Changed = {}): object => ({
  level: 'info',
  time: '2026-08-22T10:00:05Z',
  message,
  ...changed,
})

const denied = { allow: false, 'allow-why-true': undefined }

describe('the decision of an authorize line, in the order of Pomerium', () => {
  it.each([
    ['an allow', {}, ['allow', 'authz', 'unknown']],
    ['a deny beside an allow', { deny: true, 'deny-why-true': ['mcp-tool-match'] }, ['deny', 'authz', 'denied']],
    ['neither', { ...denied, 'allow-why-false': ['email-unauthorized'] }, ['deny', 'authz', 'denied']],
    [
      'a login that is asked for',
      { ...denied, 'allow-why-false': ['user-unauthenticated'] },
      ['escalate', 'authn', 'denied'],
    ],
    [
      'a device that is asked for',
      { ...denied, 'allow-why-false': ['device-unauthenticated'] },
      ['escalate', 'authn', 'denied'],
    ],
    [
      'a bad certificate before any login',
      {
        ...denied,
        'allow-why-false': ['user-unauthenticated'],
        deny: true,
        'deny-why-true': ['invalid-client-certificate'],
      },
      ['deny', 'authn', 'denied'],
    ],
    ['no verdict at all', { allow: undefined, deny: undefined }, ['indeterminate', 'authz', 'unknown']],
  ])('%s', (_name, changed, [decision, decisionSource, outcome]) => {
    const event = readEvent(pomerium, authorize(changed))
    expect(event).toMatchObject({ decision, decisionSource, outcome, decisionBasis: 'explicit', kind: 'decision' })
  })

  it.each(['mcp-tool-match', 'mcp-not-a-tool-call', 'mcp-tool-unauthorized', 'mcp-tool-ok'])(
    'is about MCP by its reason %s, where nothing else says so',
    (reason) => {
      const unnamed = { 'mcp-method': undefined, 'mcp-tool': undefined, 'deny-why-false': [] }
      const quiet = { ...denied, ...unnamed, 'allow-why-false': [reason] }
      expect(readEvent(pomerium, authorize(quiet))).toMatchObject({ kind: 'decision', method: '', tool: '' })
      expect(readEvent(pomerium, authorize({ ...quiet, 'allow-why-false': ['domain-unauthorized'] })).kind).toBe('web')
    },
  )
})

describe('who asked', () => {
  it('is the service account, and the user that it stands for', () => {
    expect(readEvent(pomerium, authorize({ 'service-account-id': 'sa-1', user: 'agent-ci' }))).toMatchObject({
      serviceAccountId: 'sa-1',
      userId: 'agent-ci',
      authSessionId: '',
    })
  })

  it('is who impersonates, not who is impersonated', () => {
    const event = readEvent(
      pomerium,
      authorize({
        'impersonate-user-id': 'u-2',
        'impersonate-email': 'bob@example.com',
        'impersonate-session-id': 's-2',
      }),
    )
    expect(event).toMatchObject({ userId: 'u-1', userEmail: 'alice@example.com' })
    expect(event.attributes).toMatchObject({ 'impersonate-user-id': 'u-2', 'impersonate-email': 'bob@example.com' })
  })

  it('is never told by a header, which a client can send as well', () => {
    const headers = { 'x-pomerium-claim-email': 'mallory@example.net', 'x-pomerium-claim-sid': 's-9' }
    expect(readEvent(pomerium, access({ headers }))).toMatchObject({ userEmail: '', authSessionId: '' })
  })
})

describe('the route of an access line', () => {
  it.each([
    ['github-mcp-3799620ab5d291d9', {}, '3799620ab5d291d9', 'github-mcp'],
    ['route-3799620ab5d291d9', {}, '3799620ab5d291d9', ''],
    ['github-mcp-0b9e0c4c-f2b8-4f3b-8a3f-7a1b0a6c6e10', {}, '0b9e0c4c-f2b8-4f3b-8a3f-7a1b0a6c6e10', 'github-mcp'],
    ['github-mcp-2dYqGmNZ5bWcTfK9uRxLpA', {}, '2dYqGmNZ5bWcTfK9uRxLpA', 'github-mcp'],
    ['github-mcp-route-abc', { 'cluster-stat-name': 'github-mcp' }, 'route-abc', 'github-mcp'],
    ['github-mcp-route-abc', {}, '', ''],
  ])('%s with %j', (cluster, changed, routeId, server) => {
    const event = readEvent(pomerium, access({ 'upstream-cluster': cluster, ...changed }))
    expect(event).toMatchObject({ routeId, server })
  })

  it('keeps a cluster that cannot be told apart', () => {
    const event = readEvent(pomerium, access({ 'upstream-cluster': 'github-mcp-route-abc' }))
    expect(event.attributes['upstream-cluster']).toBe('github-mcp-route-abc')
  })
})

it('reads access lines of versions that logged the query with the path', () => {
  const event = readEvent(pomerium, access({ path: '/mcp?team=blue', 'server-name': undefined }))
  expect(event.urlPath).toBe('/mcp')
  expect(event.attributes['path']).toBe('/mcp?team=blue')
})

it('takes no status for a decision or a success', () => {
  for (const status of [200, 401, 403, 500]) {
    const event = readEvent(pomerium, access({ 'response-code': status }))
    expect(event).toMatchObject({ decision: 'not_evaluated', decisionBasis: '', kind: 'access' })
    expect(event.outcome).toBe(status === 200 ? 'unknown' : 'failure')
  }
})

describe('what becomes of sessions and tokens', () => {
  it.each([
    ['ext_proc: upstream returned auth challenge, delegating to handler', 'upstream_challenged', 'denied'],
    ['ext_proc: error handling upstream response', 'upstream_challenge_unanswered', 'failure'],
    ['stored upstream mcp token', 'upstream_token_stored', 'success'],
    ['deleted upstream mcp token', 'upstream_token_deleted', 'success'],
    ['mcp/client-oauth-callback: upstream token stored', 'upstream_token_stored', 'success'],
    ['mcp/disconnect: disconnect operation completed', 'upstream_disconnected', 'success'],
    ['clearing session due to missing or invalid session or service account', 'session_refused', 'denied'],
    ['failed to refresh oauth2 token, deleting session', 'session_deleted', 'success'],
    ['no authenticator defined, deleting session', 'session_deleted', 'success'],
    ['deleting expired session', 'session_expired', 'success'],
  ])('%s', (message, action, outcome) => {
    const event = readEvent(pomerium, operational(message))
    expect(event).toMatchObject({ kind: 'auth', outcome, decision: 'not_evaluated' })
    expect(event.attributes['auth.action']).toBe(action)
  })

  it.each([
    ['stored upstream mcp token', { 'user-id': 'u-1', 'route-id': 'r-1' }],
    ['mcp/client-oauth-callback: upstream token stored', { user_id: 'u-1', route_id: 'r-1' }],
  ])('%s names user and route either way', (message, changed) => {
    expect(readEvent(pomerium, operational(message, changed))).toMatchObject({ userId: 'u-1', routeId: 'r-1' })
  })

  it('chains no login by the token for a server', () => {
    const event = readEvent(pomerium, operational('stored upstream mcp token', { 'record-id': 'route_id=r-1' }))
    expect(event).toMatchObject({ refreshTokenId: '', previousRefreshTokenId: '' })
  })

  it('says which server asked for a token', () => {
    const challenge = { status: 401, downstream_host: 'github-mcp.example.com:443', user_id: 'u-1', route_id: 'r-1' }
    expect(
      readEvent(pomerium, operational('ext_proc: upstream returned auth challenge, delegating to handler', challenge)),
    ).toMatchObject({ server: 'github-mcp', httpHost: 'github-mcp.example.com:443', httpStatus: 401, userId: 'u-1' })
  })
})

it('keeps clients that did not get past TLS', () => {
  const failure = { service: 'envoy', ip: '203.0.113.9', 'downstream-transport-failure-reason': 'TLS_error' }
  expect(readEvent(pomerium, operational('listener connection failure', failure))).toMatchObject({
    kind: 'web',
    outcome: 'failure',
    clientAddress: '203.0.113.9',
    errorType: 'tls',
    errorMessage: 'TLS_error',
  })
})

it('has no id that tells a redelivery, as a client can choose the request id', () => {
  expect([authorize(), access()].map((line) => readRecord(pomerium, line).vendorId)).toEqual(['', ''])
})

it.each(['finished call', 'error getting mcp session', 'constructor'])('ignores %s', (message) => {
  expect(() => readEvent(pomerium, operational(message))).toThrow('ignored: operational line')
})

it('keeps a key without a name in a line about no refresh token', () => {
  const line = operational('deleting expired session', { 'session-id': 's-1', '': 'kept' })
  expect(readEvent(pomerium, line).attributes).toMatchObject({ '': 'kept' })
})
