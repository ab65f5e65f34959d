import { describe, expect, it } from 'vitest'
import { decodeText } from '../../../formats/decode-text.ts'

const front = {
  start_time: '2026-08-22T10:00:01.000Z',
  method: 'POST',
  'x-envoy-origin-path': '/mcp',
  response_code: 200,
  response_flags: '-',
  response_code_details: 'via_upstream',
  duration: 655,
  'x-forwarded-for': '10.1.4.23',
  'x-request-id': 'r-1',
  upstream_cluster: 'mcp_proxy',
  route_name: 'httproute/default/ai-eg-mcp-main-mcp-route/rule/0',
  'mcp.session.id': 'Y2xpZW50LXNlc3Npb24tMDAx',
  'mcp.method.name': null,
}
const back = {
  ...front,
  upstream_cluster: 'httproute/default/ai-eg-mcp-br-mcp-route-github/rule/0',
  route_name: 'httproute/default/ai-eg-mcp-br-mcp-route-github/rule/0',
  'jsonrpc.request.id': '3',
  'mcp.session.id': 'backend-session-0001',
  'mcp.method.name': 'tools/call',
  'mcp.tool.name': 'create_issue',
  'mcp.provider.name': 'github',
}

const decode = (line: object) => decodeText(JSON.stringify(line))[0]
const eventOf = (line: object) => decode(line)?.events[0]

it('tells the two listeners apart', () => {
  expect(eventOf(front)).toMatchObject({ kind: 'access', method: '', outcome: 'unknown', decision: 'not_evaluated' })
  expect(eventOf(back)).toMatchObject({
    kind: 'request',
    method: 'tools/call',
    tool: 'create_issue',
    server: 'github',
    jsonrpcId: '3',
    outcome: 'unknown',
    decision: 'not_evaluated',
  })
})

it('reads the keys of the older documentation', () => {
  const { 'mcp.session.id': _session, 'mcp.method.name': _method, ...plain } = front
  const keys = { mcp_method: 'tools/call', mcp_backend: 'github', mcp_request_id: '3', mcp_session_id: null }
  expect(eventOf({ ...plain, ...keys })).toMatchObject({
    kind: 'request',
    method: 'tools/call',
    server: 'github',
    jsonrpcId: '3',
  })
  expect(eventOf({ ...plain, mcp_method: null, mcp_session_id: 'token-1' })).toMatchObject({
    kind: 'access',
    mcpSessionId: expect.stringMatching(/^hmac:k1:/),
  })
})

it("takes the gateway's own user agent for nobody's", () => {
  const agent = { 'user-agent': 'Go-http-client/1.1' }
  expect(eventOf({ ...back, ...agent })).toMatchObject({ userAgent: '', clientName: '', attributes: agent })
  expect(eventOf({ ...front, ...agent })).toMatchObject({ userAgent: 'Go-http-client/1.1' })
})

it("leaves the client's session and route to the front line, so that nothing splits the call", () => {
  const [outer, inner] = [decode(front), decode(back)]
  expect(outer?.events[0]).toMatchObject({
    mcpSessionId: expect.stringMatching(/^hmac:k1:/),
    routeId: front.route_name,
  })
  expect(inner?.events[0]).toMatchObject({
    mcpSessionId: '',
    routeId: '',
    attributes: { 'mcp.session.id': expect.stringMatching(/^hmac:k1:/), route_name: back.route_name },
  })
  expect(JSON.stringify([outer, inner])).not.toMatch(/Y2xpZW50LXNlc3Npb24tMDAx|backend-session-0001/)
})

describe('a refusal', () => {
  it.each([
    [{ response_code: 403 }, 'authz', 'inferred_status', []],
    [{ response_code: 401 }, 'authn', 'inferred_status', []],
    [
      { response_code: 401, response_code_details: 'jwt_authn_access_denied{Jwt_is_expired}' },
      'authn',
      'inferred_code',
      ['jwt_authn_access_denied'],
    ],
    [{ response_code: 403, response_code_details: 'ext_authz_denied' }, 'authz', 'inferred_code', ['ext_authz_denied']],
    [{ response_code: 401, response_code_details: 'ext_authz_denied' }, 'authn', 'inferred_code', ['ext_authz_denied']],
    [{ response_code: 403, response_flags: 'UAEX' }, 'authz', 'inferred_code', ['ext_authz_denied']],
    [
      { response_code: 403, response_code_details: 'rbac_access_denied_matched_policy[none]' },
      'authz',
      'inferred_code',
      ['rbac_access_denied'],
    ],
    [{ response_code: 429, response_flags: 'RL' }, 'rate_limit', 'inferred_code', ['request_rate_limited']],
  ])('%j is of %s, %s', (members, decisionSource, decisionBasis, decisionReasons) => {
    const denied = { decision: 'deny', decisionSource, decisionBasis, decisionReasons, outcome: 'denied' }
    expect(eventOf({ ...front, ...members })).toMatchObject({ ...denied, kind: 'decision' })
    // A stream that a client keeps open is no call, and a model's route none of MCP.
    expect(eventOf({ ...front, ...members, method: 'GET' })).toMatchObject({ ...denied, kind: 'access' })
    const elsewhere = { upstream_cluster: 'llm', route_name: 'llm', 'mcp.session.id': null }
    expect(eventOf({ ...front, ...members, ...elsewhere })).toMatchObject({ ...denied, kind: 'web' })
  })

  it('by the server behind it is no decision of the gateway', () => {
    expect(eventOf({ ...back, response_code: 403 })).toMatchObject({
      decision: 'not_evaluated',
      decisionBasis: '',
      outcome: 'failure',
      errorType: '403',
    })
  })
})

it.each([
  [{ response_code: 504, response_flags: 'UT' }, 'timeout', 'UT'],
  [{ response_code: 504 }, 'timeout', '504'],
  [{ response_code: 0, response_flags: 'DC' }, 'cancelled', 'DC'],
  [{ response_code: 503, response_flags: 'UH' }, 'failure', 'UH'],
  [{ response_code: 502, response_flags: 'UF,URX' }, 'failure', 'UF,URX'],
  [{ response_code: 404 }, 'failure', '404'],
  [{ response_code: null }, 'unknown', ''],
])('%j is %s', (members, outcome, errorType) => {
  expect(eventOf({ ...back, ...members })).toMatchObject({ outcome, errorType })
})

it('gives a start', () => {
  const startUs = Date.UTC(2026, 7, 22, 10, 0, 1) * 1000
  const times = { timeUs: startUs, endTimeUs: startUs + 655_000, durationUs: 655_000, timeBasis: 'start' }
  expect(eventOf(front)).toMatchObject(times)
  expect(eventOf({ ...front, duration: '655' })).toMatchObject(times)
  expect(eventOf({ ...front, duration: '-' })).toMatchObject({ endTimeUs: null, durationUs: null })
})

it("takes no address of the gateway's own for the client's", () => {
  const peer = { 'x-forwarded-for': null, downstream_remote_address: '127.0.0.1:58124' }
  expect(eventOf({ ...back, ...peer })?.clientAddress).toBe('')
  expect(eventOf({ ...front, ...peer })?.clientAddress).toBe('127.0.0.1')
  expect(eventOf({ ...front, 'x-forwarded-for': '203.0.113.9, 10.1.4.23' })).toMatchObject({
    clientAddress: '203.0.113.9',
    attributes: { 'x-forwarded-for': '203.0.113.9, 10.1.4.23' },
  })
})

it('keeps nothing where Envoy had nothing', () => {
  expect(Object.values(eventOf({ ...front, requested_server_name: null, later: '-' })?.attributes ?? {})).toEqual([
    'via_upstream',
    'mcp_proxy',
  ])
})

it('leaves lines without keys of MCP to others', () => {
  const { 'mcp.session.id': _session, 'mcp.method.name': _method, ...plain } = front
  expect(decode(plain)).toMatchObject({ outcome: 'rejected', reason: 'no format recognises this record' })
})
