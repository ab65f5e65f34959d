import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { noAgent, noAssessment } from '../../src/correlate/call.ts'
import { callRow } from '../../src/correlate/call-row.ts'
import { partitionViews } from '../../src/correlate/partition.ts'
import { ViewPool } from '../../src/correlate/view-pool.ts'
import { decodeText } from './decode-text.ts'

// Goal: the lines that different logs have of one request become one call, and what they disagree on by nature does not split it.
// Method: lines as each log writes them, decoded and partitioned as the correlator does with events that share a request id.

const pool = new ViewPool()
const unplaced = {
  agent: noAgent,
  sessionId: '',
  isOrphan: false,
  isLateChanged: false,
  absences: [],
  assessment: noAssessment,
  firstWrittenMs: 0,
  version: 0,
}

const callsOf = (lines: readonly object[]) => {
  const events = decodeText(lines.map((line) => JSON.stringify(line)).join('\n')).flatMap((record) => record.events)
  return partitionViews(events.map((event) => pool.viewOf(event))).map((views) => {
    const actor = pool.merge(views)
    return { ...callRow({ id: '', realm: '' }, { views, actor, ...unplaced }), mcpSessionId: actor.mcpSessionId }
  })
}

const part = (claims: object): string => Buffer.from(JSON.stringify(claims)).toString('base64url')

describe('Envoy AI Gateway', () => {
  const front = {
    start_time: '2026-08-22T10:00:01.000Z',
    method: 'POST',
    'x-envoy-origin-path': '/mcp',
    response_code: 200,
    duration: 655,
    'user-agent': 'claude-code/2.1.0',
    'x-forwarded-for': '10.1.4.23',
    'x-request-id': 'r-1',
    upstream_cluster: 'mcp_proxy',
    route_name: 'httproute/default/ai-eg-mcp-main-mcp-route/rule/0',
    'mcp.session.id': 'Y2xpZW50LXNlc3Npb24tMDAx',
    'mcp.method.name': null,
  }
  const back = {
    ...front,
    start_time: '2026-08-22T10:00:01.003Z',
    'user-agent': 'Go-http-client/1.1',
    upstream_cluster: 'httproute/default/ai-eg-mcp-br-mcp-route-github/rule/0',
    route_name: 'httproute/default/ai-eg-mcp-br-mcp-route-github/rule/0',
    'mcp.session.id': 'backend-session-0001',
    'mcp.method.name': 'tools/call',
    'mcp.tool.name': 'create_issue',
    'mcp.provider.name': 'github',
  }

  it("gives the server's line the client's session", () => {
    expect(callsOf([front, back])).toMatchObject([
      {
        tool: 'create_issue',
        server: 'github',
        clientName: 'claude-code',
        mcpSessionId: callsOf([front])[0]?.mcpSessionId,
      },
    ])
  })

  it('opens a call for each server that a list is gathered from', () => {
    const list = { ...back, 'mcp.method.name': 'tools/list', 'mcp.tool.name': null }
    const other = { ...list, 'mcp.provider.name': 'mail' }
    expect(callsOf([front, list, other]).map(({ server }) => server)).toEqual(['github', 'mail'])
  })
})

it("merges the two lines of Kuadrant's gateway, and takes the start from the one that knows it", () => {
  const token = [part({ alg: 'HS256' }), part({ jti: '5f2b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a44' }), 'c2lnbmF0dXJl'].join(
    '.',
  )
  const access = {
    timestamp: '2026-08-22T10:00:01.000Z',
    method: 'POST',
    path: '/mcp',
    response_code: 200,
    request_id: 'r-1',
    mcp_method: 'tools/call',
    mcp_tool_name: 'create_issue',
    mcp_server_name: 'mcp-test/github',
    mcp_session_id: token,
    mcp_user_id: 'alice',
    duration_ms: 342,
  }
  const audit = {
    time: '2026-08-22T10:00:01.342Z',
    level: 'INFO',
    msg: 'tool call',
    audit: true,
    user: 'alice',
    tool: 'gh_create_issue',
    server: 'mcp-test/github',
    status: '200',
    request_id: 'r-1',
    session: 'jti:5f2b6c1e-4d0a-4b57-9a1f-0c7d2e9b1a44',
  }
  for (const lines of [
    [access, audit],
    [audit, access],
  ]) {
    expect(callsOf(lines)).toMatchObject([
      {
        tool: 'create_issue',
        toolExposed: 'gh_create_issue',
        timeUs: Date.UTC(2026, 7, 22, 10, 0, 1) * 1000,
        durationUs: 342_000,
      },
    ])
  }
})

it("joins Pomerium's lines with agentgateway's by the request's id", () => {
  const pomerium = { level: 'info', 'request-id': 'r-1', method: 'POST', path: '/mcp' }
  const lines = [
    {
      ...pomerium,
      service: 'authorize',
      host: 'github-mcp.example.com',
      user: 'auth0|alice',
      'mcp-method': 'tools/call',
      'mcp-tool': 'delete_repo',
      allow: true,
      deny: false,
      time: '2026-08-22T10:00:01Z',
      message: 'authorize check',
    },
    {
      level: 'info',
      time: '2026-08-22T10:00:01.240000Z',
      scope: 'request',
      route: 'default/mcp-route',
      'http.method': 'POST',
      'http.status': 400,
      'jwt.sub': 'auth0|alice',
      protocol: 'mcp',
      'mcp.method.name': 'tools/call',
      'mcp.target': 'github',
      'gen_ai.tool.name': 'delete_repo',
      'mcp.session.id': 'session-1',
      'http.request.header.x-request-id': 'r-1',
      error: 'mcp: Unknown tool: delete_repo',
      reason: 'MCP',
      duration: '2ms',
    },
    {
      ...pomerium,
      service: 'envoy',
      authority: 'github-mcp.example.com',
      duration: 12,
      'response-code': 400,
      time: '2026-08-22T10:00:02Z',
      message: 'http-request',
    },
  ]
  expect(callsOf(lines)).toMatchObject([
    { decision: 'deny', decisionBasis: 'inferred_text', disagreements: ['denied_behind_proxy'], layers: { length: 3 } },
  ])
})
