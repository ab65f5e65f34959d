import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { logSafeSession } from '../../../../collectors/formats/kuadrant-session.ts'
import { decodeText } from '../../../formats/decode-text.ts'

const audit = {
  time: '2026-08-22T10:00:01.342Z',
  level: 'INFO',
  msg: 'tool call',
  audit: true,
  user: 'alice',
  tool: 'github_create_issue',
  server: 'mcp-test/github',
  status: '200',
  request_id: 'r-1',
  session: 'jti:5f2b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a44',
}
const access = {
  timestamp: '2026-08-22T10:00:01.000Z',
  method: 'POST',
  path: '/mcp',
  response_code: 200,
  request_id: 'r-1',
  mcp_method: 'tools/call',
  mcp_tool_name: 'create_issue',
  mcp_server_name: 'mcp-test/github',
  mcp_session_id: 'token-1',
  mcp_user_id: 'alice',
  duration_ms: 342,
}

const decode = (line: object) => decodeText(JSON.stringify(line))[0]
const eventOf = (line: object) => decode(line)?.events[0]
const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url')
const jwt = (claims: object): string => [part({ alg: 'HS256' }), part(claims), 'c2lnbmF0dXJl'].join('.')

describe('a refusal', () => {
  it.each([
    [401, 'authn'],
    [403, 'authz'],
  ])('is inferred from %d', (status, decisionSource) => {
    const denied = { decision: 'deny', decisionBasis: 'inferred_status', decisionSource, outcome: 'denied' }
    expect(eventOf({ ...audit, status: String(status) })).toMatchObject(denied)
    expect(eventOf({ ...access, response_code: status })).toMatchObject(denied)
  })

  it('before the request was read is one of a call if something was posted', () => {
    const unread = { ...access, response_code: 401, mcp_method: '-', mcp_tool_name: '-', mcp_session_id: null }
    expect(eventOf(unread)).toMatchObject({ kind: 'request', method: '', tool: '', decision: 'deny' })
    expect(eventOf({ ...unread, method: 'GET' })).toMatchObject({ kind: 'access', decision: 'deny' })
  })
})

it.each([
  ['200', 'unknown', ''],
  ['429', 'failure', '429'],
  ['500', 'failure', '500'],
  ['504', 'timeout', '504'],
  ['404', 'failure', '404'],
])('status %s is %s, and no decision', (status, outcome, errorType) => {
  const expected = { outcome, errorType, decision: 'not_evaluated', decisionBasis: '' }
  expect(eventOf({ ...audit, status })).toMatchObject(expected)
  expect(eventOf({ ...access, response_code: Number(status) })).toMatchObject(expected)
})

it('a 404 without a server is a tool that nobody has', () => {
  expect(eventOf({ ...audit, tool: 'nope', server: '', status: '404' })).toMatchObject({
    outcome: 'protocol_error',
    errorType: 'unknown_tool',
    decision: 'not_evaluated',
    tool: '',
    toolExposed: 'nope',
  })
})

it.each([
  ['github_create_issue', 'mcp-test/github', 'create_issue'],
  ['github_create_issue', 'github', 'create_issue'],
  ['gh_create_issue', 'mcp-test/github', ''],
  ['create_issue', 'mcp-test/github', ''],
  ['_create_issue', '', ''],
])('%s of %s is the tool %j', (exposed, server, tool) => {
  expect(eventOf({ ...audit, tool: exposed, server })).toMatchObject({ tool, toolExposed: exposed })
})

describe('a session', () => {
  it('is the same in both logs', () => {
    const token = jwt({ jti: '5f2b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a44', sub: 'alice' })
    const [one, two] = [decode(audit), decode({ ...access, mcp_session_id: token })]
    expect(one?.events[0]?.mcpSessionId).toMatch(/^hmac:k1:/)
    expect(two?.events[0]?.mcpSessionId).toBe(one?.events[0]?.mcpSessionId)
    expect(two?.raw).toContain(`"mcp_session_id":"${one?.events[0]?.mcpSessionId}"`)
    expect(JSON.stringify(two)).not.toContain(token.slice(0, 20))
  })

  it.each([
    ['no token', 'test', 'sha256:9f86d081884c'],
    ['a token without an id', jwt({ sub: 'alice' }), expect.stringMatching(/^sha256:[0-9a-f]{12}$/)],
    ['a token whose id is no text', jwt({ jti: 7 }), expect.stringMatching(/^sha256:/)],
    [
      'a token whose claims are none',
      `a.${Buffer.from('null').toString('base64url')}.c`,
      expect.stringMatching(/^sha256:/),
    ],
    ['something with dots', 'a.b.c', expect.stringMatching(/^sha256:/)],
    ['a name already safe', 'sha256:9f86d081884c', 'sha256:9f86d081884c'],
  ])('of %s has a log-safe name', (_what, token, name) => {
    expect(logSafeSession(token)).toEqual(name)
  })
})

it('gives each of the two lines of a call a kind of its own', () => {
  expect([eventOf(audit)?.kind, eventOf(access)?.kind]).toEqual(['decision', 'request'])
  expect(eventOf({ ...access, method: 'GET', mcp_method: null })?.kind).toBe('access')
})

it("calls an audit line's start uncertain, so that the access line's counts", () => {
  const endUs = Date.UTC(2026, 7, 22, 10, 0, 1, 342) * 1000
  expect(eventOf(audit)).toMatchObject({
    timeUs: endUs,
    endTimeUs: endUs,
    durationUs: null,
    timePrecisionUs: 1_000_000,
  })
  expect(eventOf(access)).toMatchObject({ timeUs: endUs - 342_000, endTimeUs: endUs, timePrecisionUs: 1000 })
})

it("identifies no agent by the client's own baggage", () => {
  expect(eventOf({ ...access, mcp_agent_id: 'billing-bot' })).toMatchObject({
    agentId: '',
    agentName: '',
    attributes: { mcp_agent_id: 'billing-bot' },
  })
})

it('ignores other lines where the format is named', () => {
  const line = JSON.stringify({ time: audit.time, level: 'INFO', msg: 'starting' })
  expect(decodeText(line, { format: 'kuadrant-mcp-gateway' })[0]).toMatchObject({ outcome: 'ignored' })
  expect(decodeText(line)[0]).toMatchObject({ outcome: 'rejected', reason: 'no format recognises this record' })
})
