import { describe, expect, it } from 'vitest'
import { decodeText } from '../../../formats/decode-text.ts'

const request = {
  level: 'info',
  time: '2026-08-22T10:00:00.930000Z',
  scope: 'request',
  'src.addr': '10.1.4.23:51234',
  'http.method': 'POST',
  'http.status': 200,
  duration: '233ms',
}
const call = {
  ...request,
  protocol: 'mcp',
  'mcp.method.name': 'tools/call',
  'mcp.target': 'github',
  'gen_ai.tool.name': 'delete_repo',
}

const decode = (line: object) => decodeText(JSON.stringify(line))[0]
const eventOf = (line: object) => decode(line)?.events[0]

describe('a refusal', () => {
  it.each([
    ['JwtAuth', 'authn'],
    ['Oidc', 'authn'],
    ['BasicAuth', 'authn'],
    ['APIKeyAuth', 'authn'],
    ['ExtAuth', 'authz'],
    ['Authorization', 'authz'],
    ['RateLimit', 'rate_limit'],
    ['Guardrail', 'guardrail'],
  ])('is known by the code %s', (reason, decisionSource) => {
    expect(eventOf({ ...call, reason, error: 'no' })).toMatchObject({
      kind: 'request',
      decision: 'deny',
      decisionBasis: 'inferred_code',
      decisionSource,
      decisionReasons: [reason],
      outcome: 'denied',
    })
  })

  it.each([
    ['mcp: Unknown tool: github_delete_repo', 'authz', 'Unknown tool'],
    ['mcp: Unknown prompt: review', 'authz', 'Unknown prompt'],
    ['mcp: Unknown resource: file:///a', 'authz', 'Unknown resource'],
    ['mcp: mcpGuardrails rejected: over the limit', 'guardrail', 'over the limit'],
    ['mcp: mcpGuardrails rejected', 'guardrail', 'mcpGuardrails rejected'],
    ['mcp: rate limit exceeded', 'rate_limit', 'rate limit exceeded'],
  ])('is known by the text %s, whatever the status', (error, decisionSource, reason) => {
    for (const status of [200, 400]) {
      expect(eventOf({ ...call, 'http.status': status, reason: 'MCP', error })).toMatchObject({
        decision: 'deny',
        decisionBasis: 'inferred_text',
        decisionSource,
        decisionReasons: [reason],
        outcome: 'denied',
        errorMessage: error,
      })
    }
  })

  it.each([
    ['a name that nobody has', { reason: 'MCP', error: 'mcp: failed to send message: unknown tool: x' }],
    ['a text that only holds the words', { reason: 'MCP', error: 'mcp: upstream said mcp: Unknown tool: x' }],
    ['the text without the code', { reason: 'Upstream', error: 'mcp: Unknown tool: x' }],
    ["an upstream's own status", { 'http.status': 403 }],
    ['a code that names a member of every object', { reason: 'constructor', error: 'x' }],
  ])('is not read into %s', (_what, members) => {
    expect(eventOf({ ...call, ...members })).toMatchObject({
      decision: 'not_evaluated',
      decisionBasis: '',
      outcome: 'failure',
    })
  })
})

describe('an allow', () => {
  const covered = { ...call, 'agenttrail.rbac': 'on' }

  it("is inferred on the operator's word where the server answered", () => {
    const allowed = { decision: 'allow', decisionBasis: 'inferred_code', decisionSource: 'authz' }
    expect(eventOf(covered)).toMatchObject({ ...allowed, outcome: 'success' })
    expect(eventOf({ ...covered, 'mcp.error.code': -32603 })).toMatchObject({ ...allowed, outcome: 'protocol_error' })
  })

  it.each([
    ['without that word', call],
    ['on another word', { ...call, 'agenttrail.rbac': true }],
    ['where no server answered', { ...covered, reason: 'UpstreamFailure', error: 'connect' }],
    ['where nothing of MCP was read', { ...request, 'agenttrail.rbac': 'on' }],
  ])('is not inferred %s', (_where, line) => {
    expect(eventOf(line)?.decision).toBe('not_evaluated')
  })

  it('does not lift a refusal', () => {
    expect(eventOf({ ...covered, reason: 'MCP', error: 'mcp: Unknown tool: x' })?.decision).toBe('deny')
  })
})

describe('an outcome', () => {
  it.each([
    ['timeout', { reason: 'Timeout', error: 'request timeout', 'http.status': 504 }],
    ['failure', { reason: 'UpstreamFailure', error: 'connect', 'http.status': 503 }],
    ['failure', { reason: 'NoHealthyBackend', error: 'none', 'http.status': 503, 'mcp.error.code': -32603 }],
    ['protocol_error', { 'mcp.error.code': -32603, 'mcp.error.message': 'no relation' }],
    ['tool_error', { 'mcp.tool.error': { message: 'no' } }],
    ['tool_error', { 'gen_ai.tool.call.result': { isError: true } }],
    ['success', { 'mcp.tool.error': null, 'gen_ai.tool.call.result': { isError: false } }],
    ['success', {}],
    ['success', { error: null, reason: null }],
    ['unknown', { 'http.status': undefined }],
    ['unknown', { 'http.status': 302 }],
  ])('is %s for %j', (outcome, members) => {
    expect(eventOf({ ...call, ...members })).toMatchObject({ outcome, decision: 'not_evaluated' })
  })

  it('names the JSON-RPC error before the HTTP one', () => {
    const line = { ...call, 'mcp.error.code': -32602, 'mcp.error.message': 'bad', reason: 'MCP', error: 'mcp: x' }
    expect(eventOf(line)).toMatchObject({ errorType: '-32602', errorMessage: 'bad' })
    expect(eventOf(line)?.attributes).toMatchObject({ reason: 'MCP', error: 'mcp: x' })
  })
})

describe('a kind', () => {
  const { protocol: _protocol, 'mcp.method.name': _method, ...bare } = call
  const denied = { ...request, reason: 'JwtAuth', error: 'no token' }
  it.each([
    ['request', call],
    ['request', denied],
    ['web', { ...denied, 'http.method': 'GET' }],
    ['web', { ...denied, protocol: 'llm' }],
    ['web', bare],
    ['web', { ...bare, protocol: 'a2a' }],
    ['access', { ...request, protocol: 'mcp', 'http.method': 'GET' }],
    ['access', { ...denied, protocol: 'mcp', 'http.method': 'GET' }],
    ['access', { ...request, 'mcp.session.id': 'session-1', 'http.method': 'DELETE' }],
  ])('is %s for %j', (kind, line) => {
    expect(eventOf(line)?.kind).toBe(kind)
  })
})

it('computes the start from the end', () => {
  expect(eventOf(call)).toMatchObject({
    timeUs: Date.UTC(2026, 7, 22, 10, 0, 0, 697) * 1000,
    endTimeUs: Date.UTC(2026, 7, 22, 10, 0, 0, 930) * 1000,
    timeBasis: 'end',
    timePrecisionUs: 1000,
    durationUs: 233_000,
  })
  const { duration: _duration, ...without } = call
  expect(eventOf(without)).toMatchObject({ durationUs: null, timeBasis: 'end' })
})

it('takes an identity only from the verified token', () => {
  const claims = {
    'jwt.sub': 'auth0|alice',
    'user.email': 'alice@example.com',
    'client.id': 'c-1',
    'jwt.act.sub': 'triage-bot',
    'src.identity': 'spiffe://cluster.local/ns/edge/sa/proxy',
    'gen_ai.agent.id': 'claimed',
  }
  expect(eventOf({ ...call, ...claims })).toMatchObject({
    userId: 'auth0|alice',
    userEmail: 'alice@example.com',
    oauthClientId: 'c-1',
    agentId: 'triage-bot',
    serviceAccountId: '',
    attributes: { 'src.identity': claims['src.identity'], 'gen_ai.agent.id': 'claimed' },
  })
})

it('takes a subject that is an e-mail address for one', () => {
  expect(eventOf({ ...call, 'jwt.sub': 'alice@example.com' })).toMatchObject({ userEmail: 'alice@example.com' })
  expect(eventOf({ ...call, 'jwt.sub': 'alice@example.com', 'user.email': 'a@example.com' })).toMatchObject({
    userId: 'alice@example.com',
    userEmail: 'a@example.com',
  })
})

it('knows the exposed name only from the error, and the bare one from it only where the server is known', () => {
  const { 'gen_ai.tool.name': _tool, ...nameless } = call
  const refused = { ...nameless, reason: 'MCP', error: 'mcp: Unknown tool: github_delete_repo' }
  expect(eventOf(call)).toMatchObject({ tool: 'delete_repo', toolExposed: '' })
  expect(eventOf(refused)).toMatchObject({ tool: 'delete_repo', toolExposed: 'github_delete_repo' })
  expect(eventOf({ ...refused, 'mcp.target': 'gitlab' })).toMatchObject({ tool: '' })
})

it('keeps no session id, also where it is no plain word', () => {
  for (const id of ['8f2b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a44', 'c2Vzc2lvbi9vbmUr+A/x4g==']) {
    const decoded = decode({ ...call, 'mcp.session.id': id })
    expect(decoded?.events[0]?.mcpSessionId).toMatch(/^hmac:k1:/)
    expect(JSON.stringify(decoded)).not.toContain(id)
  }
})

it('keeps no session id of the older transport, which has it in the path', () => {
  const id = '5b307a23-7676-413b-b8e6-8a3008c27866'
  const path = { 'http.path': `/sse?sessionId=${id}&x=1` }
  const [alone, twice] = [decode({ ...call, ...path }), decode({ ...call, ...path, 'mcp.session.id': id })]
  expect(alone?.events[0]?.mcpSessionId).toMatch(/^hmac:k1:/)
  expect(alone?.events[0]?.urlPath).toBe(`/sse?sessionId=${alone?.events[0]?.mcpSessionId}&x=1`)
  expect(twice?.events[0]?.mcpSessionId).toBe(alone?.events[0]?.mcpSessionId)
  expect(JSON.stringify([alone, twice])).not.toContain(id)
})

it('reads the keys of older versions', () => {
  const older = { ...request, protocol: 'mcp', 'mcp.method': 'tools/call', 'mcp.resource.name': 'echo' }
  expect(eventOf({ ...older, 'mcp.resource.type': 'tool' })).toMatchObject({ method: 'tools/call', tool: 'echo' })
  expect(eventOf({ ...older, 'mcp.resource.type': 'prompt' })).toMatchObject({ tool: '', resource: 'echo' })
  expect(eventOf({ ...call, 'mcp.resource.type': 'tool', 'mcp.resource.name': 'other' })).toMatchObject({
    tool: 'delete_repo',
    attributes: { 'mcp.resource.name': 'other' },
  })
})

it.each([
  ['r', '', 'r'],
  ['r', 'rule0', 'r/rule0'],
  ['r', 'r/rule0', 'r/rule0'],
])('route %s with rule %j is %s', (route, route_rule, routeId) => {
  expect(eventOf({ ...call, route, route_rule })?.routeId).toBe(routeId)
})

it('ignores operational lines, and refuses a line without a time', () => {
  const line = { level: 'info', time: request.time, scope: 'agent_core::readiness', message: 'ready' }
  expect(decode(line)).toMatchObject({ format: 'agentgateway', outcome: 'ignored', reason: 'operational line' })
  expect(decode({ ...call, time: 'now' })).toMatchObject({
    outcome: 'rejected',
    reason: 'time is missing or not RFC 3339',
  })
})
