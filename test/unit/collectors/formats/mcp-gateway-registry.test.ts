import { describe, expect, it } from 'vitest'
import { mcpGatewayRegistry } from '../../../../collectors/formats/mcp-gateway-registry.ts'
import { readEvent, readRecord } from './read-event.ts'

const shared = {
  timestamp: '2026-08-22T10:00:00.500000Z',
  version: '1.0',
  request_id: 'rq-1',
  correlation_id: 'corr-1',
}
const identity = { username: 'alice', auth_method: 'oauth2' }

const access = (response: object = {}, changed: Readonly<Record<string, unknown>> = {}): object => ({
  ...shared,
  log_type: 'mcp_server_access',
  identity,
  mcp_server: { name: 'fininfo' },
  mcp_request: { method: 'tools/call', tool_name: 'get_quote', mcp_session_id: 'session-1', jsonrpc_id: '7' },
  mcp_response: { status: 'success', duration_ms: 200, error_code: null, error_message: null, ...response },
  ...changed,
})

const api = (status: number, authorization: unknown): object => ({
  ...shared,
  log_type: 'registry_api_access',
  identity,
  request: { method: 'POST', path: '/api/servers/toggle/fininfo' },
  response: { status_code: status, duration_ms: 4 },
  authorization,
})

const mint = (changed: Readonly<Record<string, unknown>> = {}): object => ({
  ...shared,
  log_type: 'token_mint',
  username_hash: 'user_1a2b3c4d',
  resource_type: 'server',
  resource_id: 'fininfo',
  outcome: 'success',
  failure_reason: null,
  ...changed,
})

describe('MCP access', () => {
  it.each([
    [{ status: 'success' }, 'success'],
    [{ status: 'timeout' }, 'timeout'],
    [{ status: 'error' }, 'failure'],
    [{ status: 'error', error_code: -32603, error_message: 'not permitted' }, 'protocol_error'],
    [{ status: 'of tomorrow' }, 'unknown'],
    [{ status: 'constructor' }, 'unknown'],
  ])('%j is %s, and never a decision', (response, outcome) => {
    const event = readEvent(mcpGatewayRegistry, access(response))
    expect(event).toMatchObject({ outcome, decision: 'not_evaluated', decisionBasis: '', kind: 'request' })
  })

  it('computes the start from the end', () => {
    const end = Date.UTC(2026, 7, 22, 10, 0, 0, 500) * 1000
    expect(readEvent(mcpGatewayRegistry, access())).toMatchObject({
      timeBasis: 'end',
      timeUs: end - 200_000,
      endTimeUs: end,
    })
  })

  it('takes the header that the request came with as the request id of other layers', () => {
    expect(readEvent(mcpGatewayRegistry, access()).httpRequestId).toBe('rq-1')
    expect(readEvent(mcpGatewayRegistry, access({}, { instance_id: null })).httpRequestId).toBe('corr-1')
  })

  it('lets no client choose the id by which redeliveries are told', () => {
    const { vendorId, sealed } = readRecord(mcpGatewayRegistry, access())
    expect(vendorId).toBe('')
    expect(sealed).toEqual([{ value: 'session-1', replacement: 'sealed(session-1)' }])
  })

  it('knows no user where the registry knew none', () => {
    const event = readEvent(mcpGatewayRegistry, access({}, { identity: { username: 'anonymous' } }))
    expect(event.userId).toBe('')
    expect(event.attributes['identity.username']).toBe('anonymous')
  })

  it('reads the time of a MongoDB export', () => {
    const exported = access({}, { timestamp: { $date: shared.timestamp } })
    expect(readEvent(mcpGatewayRegistry, exported).endTimeUs).toBe(readEvent(mcpGatewayRegistry, access()).endTimeUs)
  })
})

describe('API access', () => {
  it.each([
    [
      'an allow that it states',
      200,
      { decision: 'ALLOW', required_permission: 'list' },
      ['allow', 'explicit', 'authz'],
    ],
    ['a deny that it states', 403, { decision: 'DENY', required_permission: 'toggle' }, ['deny', 'explicit', 'authz']],
    ['a route that needs no permission', 403, { decision: 'NOT_REQUIRED' }, ['not_evaluated', '', '']],
    ['401 without a stated decision', 401, null, ['deny', 'inferred_status', 'authn']],
    ['403 without a stated decision', 403, null, ['deny', 'inferred_status', 'authz']],
    ['200 without a stated decision', 200, null, ['not_evaluated', '', '']],
  ])('%s', (_name, status, authorization, [decision, decisionBasis, decisionSource]) => {
    const event = readEvent(mcpGatewayRegistry, api(status, authorization))
    expect(event).toMatchObject({ decision, decisionBasis, decisionSource, kind: 'admin' })
    expect(event.outcome).toBe(decision === 'deny' ? 'denied' : status === 200 ? 'success' : 'failure')
  })

  it('keeps what was evaluated, although it stands under the name of a header', () => {
    const { attributes } = readEvent(mcpGatewayRegistry, api(200, { decision: 'ALLOW', evaluated_scopes: ['a'] }))
    expect(attributes).toMatchObject({ 'authz.evaluated_scopes.0': 'a' })
  })
})

describe('token', () => {
  it.each([
    [{}, 'success', 'token_issued'],
    [{ outcome: 'failure', failure_reason: 'rate_limited' }, 'failure', 'token_refused'],
    [{ outcome: 'pending' }, 'unknown', undefined],
  ])('%j', (changed, outcome, action) => {
    const event = readEvent(mcpGatewayRegistry, mint(changed))
    expect(event).toMatchObject({ kind: 'auth', outcome, server: 'fininfo', userId: '' })
    expect(event.attributes['auth.action']).toBe(action)
  })

  it('has an id that is made for it', () => {
    expect(readRecord(mcpGatewayRegistry, mint()).vendorId).toBe('rq-1')
  })
})

it.each(['record_of_tomorrow', 'constructor', 5])('says which kinds of record it reads, given %j', (log_type) => {
  expect(() => readEvent(mcpGatewayRegistry, { ...shared, log_type })).toThrow(
    'rejected: log_type is none of mcp_server_access, registry_api_access, token_mint',
  )
})
