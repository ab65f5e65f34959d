import { describe, expect, it } from 'vitest'
import { obot } from '../../../../collectors/formats/obot.ts'
import { readEvent, readRecord } from './read-event.ts'

const server = { targetType: 'mcp_server', id: 'ms1', name: 'GitHub' }

const item = (changed: object = {}, details?: object): object => ({
  id: 7,
  timestamp: { occurredAt: '2026-08-22T10:00:01Z', recordedAt: '2026-08-22T10:00:01Z', source: 'server' },
  eventType: 'mcp_call',
  actor: { actorType: 'user', id: '42' },
  action: { operation: 'tools/call', name: 'create_issue' },
  target: { targetType: 'mcp_tool', name: 'create_issue', parent: server },
  outcome: { status: 'success', httpStatus: 200, durationMs: 233 },
  client: 'claude-code',
  ...(details === undefined ? {} : { details }),
  ...changed,
})

const row = (changed: object = {}): object => ({
  createdAt: '2026-08-22T10:00:01Z',
  sourceType: 'mcp',
  userID: '42',
  mcpID: 'ms1',
  callType: 'tools/call',
  callIdentifier: 'create_issue',
  responseStatus: 200,
  ...changed,
})

const local = (changed: object = {}, details: object = {}): object =>
  item(
    {
      eventType: 'local_agent_tool_call',
      actor: { actorType: 'device', id: 'dev-1' },
      target: { targetType: 'local_tool', name: 'Bash' },
      action: { operation: 'tools/call', name: 'Bash', kind: 'shell' },
      ...changed,
    },
    details,
  )

const hooks = (...statuses: readonly string[]): object => ({
  webhookStatuses: statuses.map((status) => ({ name: 'guard', status })),
})

describe('decision', () => {
  it.each([
    ['success', 200, 'not_evaluated', '', '', 'success'],
    ['failure', 502, 'not_evaluated', '', '', 'failure'],
    ['timeout', 504, 'not_evaluated', '', '', 'timeout'],
    ['unknown', 0, 'not_evaluated', '', '', 'unknown'],
    ['denied', 401, 'deny', 'inferred_status', 'authn', 'denied'],
    ['denied', 403, 'deny', 'inferred_status', 'authz', 'denied'],
    ['denied', 0, 'deny', 'inferred_code', '', 'denied'],
  ])('%s with status %i is %s', (status, httpStatus, decision, decisionBasis, decisionSource, outcome) => {
    const event = readEvent(obot, item({ outcome: { status, httpStatus } }))
    expect(event).toMatchObject({ decision, decisionBasis, decisionSource, outcome })
  })

  it.each([
    [['denied'], 'deny'],
    [['ok', 'rejected'], 'deny'],
    [['403 Forbidden'], 'deny'],
    [['mutated', 'rejected'], 'deny'],
    [['ok', 'mutated'], 'modify'],
    [['ok', 'ok'], 'allow'],
    [['200 OK'], 'allow'],
    [['ok', 'later'], 'indeterminate'],
  ])('webhooks that say %j are %s', (statuses, decision) => {
    const event = readEvent(obot, item({}, hooks(...statuses)))
    expect(event).toMatchObject({ decision, decisionBasis: 'explicit', decisionSource: 'webhook' })
    expect(event.decisionReasons).toEqual(statuses.map((status) => `guard:${status}`))
    expect(event.outcome).toBe(decision === 'deny' ? 'denied' : 'success')
  })

  it('takes no webhook asked for nothing decided', () => {
    expect(readEvent(obot, item({}, hooks()))).toMatchObject({ decision: 'not_evaluated', decisionBasis: '' })
  })

  it('sees a webhook that blocked a request with status 200', () => {
    const outcome = { status: 'failure', httpStatus: 200, error: 'hook guard rejected message' }
    expect(readEvent(obot, item({ outcome }, hooks('rejected')))).toMatchObject({ decision: 'deny', outcome: 'denied' })
  })

  it.each(['request', 'response'])('a mutated %s is modified', (side) => {
    const event = readEvent(obot, item({}, { [side]: { mutated: true } }))
    expect(event).toMatchObject({ decision: 'modify', decisionBasis: 'explicit', decisionSource: 'webhook' })
  })

  it("tells the user's own denial from any other", () => {
    const denied = (reason: string) => readEvent(obot, local({ outcome: { status: 'denied', reason } }))
    expect(denied('user_rejected')).toMatchObject({
      decisionBasis: 'explicit',
      decisionSource: 'user',
      decision: 'deny',
    })
    expect(denied('policy')).toMatchObject({ decisionBasis: 'inferred_code', decisionSource: '', decision: 'deny' })
  })
})

describe('outcome', () => {
  it('looks into the answer', () => {
    const answered = (body: object) => readEvent(obot, item({}, { response: { body } }))
    expect(answered({ result: { isError: true } }).outcome).toBe('tool_error')
    expect(answered({ error: { code: -32602 } })).toMatchObject({ outcome: 'protocol_error', errorType: '-32602' })
  })

  it.each([
    [401, '', 'denied'],
    [408, 'x', 'timeout'],
    [504, '', 'timeout'],
    [200, 'stream closed', 'failure'],
    [500, '', 'failure'],
    [200, '', 'success'],
    [0, '', 'unknown'],
  ])('a row with status %i and error %j is %s', (responseStatus, error, outcome) => {
    expect(readEvent(obot, row({ responseStatus, error })).outcome).toBe(outcome)
  })
})

describe('identity', () => {
  it.each([
    [
      { actorType: 'user', id: '42' },
      { userId: '42', serviceAccountId: '', agentId: '' },
    ],
    [
      { actorType: 'credential', id: 'ok1' },
      { userId: '', serviceAccountId: 'ok1', agentId: '' },
    ],
    [
      { actorType: 'device', id: 'dev-1' },
      { userId: '', serviceAccountId: 'device:dev-1', agentId: '' },
    ],
    [
      { actorType: 'unknown', id: 'x' },
      { userId: '', serviceAccountId: '', agentId: '' },
    ],
    [
      { actorType: 'user', id: 'hosted-agent:a' },
      { userId: 'hosted-agent:a', agentId: 'hosted-agent:a' },
    ],
  ])('%j', (actor, expected) => {
    expect(readEvent(obot, item({ actor }))).toMatchObject(expected)
  })

  it('believes nothing that a local agent reports of itself', () => {
    const details = {
      agent: { provider: 'claude_code' },
      device: { localUsername: 'root' },
      environment: { reportedUserEmail: 'ceo@acme.test' },
    }
    expect(readEvent(obot, local({}, details))).toMatchObject({
      userId: '',
      userEmail: '',
      agentId: '',
      agentName: 'claude_code',
      attributes: { 'details.environment.reportedUserEmail': 'ceo@acme.test' },
    })
  })
})

describe('sessions', () => {
  it("seals the gateway's MCP session id, wherever it stands", () => {
    const details = { trace: { sessionID: 's-1' }, request: { headers: { 'Mcp-Session-Id': ['s-1'] } } }
    const { events, sealed } = readRecord(obot, item({}, details))
    expect(events[0]).toMatchObject({ mcpSessionId: 'sealed(s-1)', explicitSessionId: '' })
    expect(new Set(sealed.map(({ value }) => value))).toEqual(new Set(['s-1']))
  })

  it("groups by a local agent's session, which is no secret", () => {
    const { events, sealed } = readRecord(obot, local({}, { trace: { sessionID: 'cc-1', turnID: 't' } }))
    expect(events[0]).toMatchObject({ explicitSessionId: 'cc-1', mcpSessionId: '', layer: 'trace' })
    expect(sealed).toEqual([])
  })
})

describe('target', () => {
  it('splits what a local agent calls an MCP tool', () => {
    const target = { targetType: 'local_tool', name: 'mcp__github__delete_repo' }
    const split = { tool: 'delete_repo', server: 'github' }
    expect(readEvent(obot, local({ target }))).toMatchObject(split)
    expect(readEvent(obot, item({ target: { ...target, parent: server } }))).toMatchObject({ server: 'GitHub' })
  })

  it.each([
    ['resources/read', 'mcp_resource', 'file:///a'],
    ['prompts/get', 'mcp_prompt', 'summarize'],
  ])('%s names a resource', (operation, targetType, name) => {
    const event = readEvent(obot, item({ action: { operation, name }, target: { targetType, name, parent: server } }))
    expect(event).toMatchObject({ method: operation, resource: name, tool: '', toolExposed: '', server: 'GitHub' })
  })
})

describe('time', () => {
  it('is when the request came in', () => {
    const start = Date.UTC(2026, 7, 22, 10, 0, 1) * 1000
    expect(readEvent(obot, item())).toMatchObject({ timeBasis: 'start', timeUs: start, endTimeUs: start + 233_000 })
  })

  it('is when a local agent says that it began', () => {
    const event = readEvent(obot, local({}, { startedAt: '2026-08-22T09:59:58Z' }))
    expect(event.timeUs).toBe(Date.UTC(2026, 7, 22, 9, 59, 58) * 1000)
    expect(event.attributes['timestamp.occurredAt']).toBe('2026-08-22T10:00:01Z')
  })
})

describe('redelivery', () => {
  it("is told by Obot's own id within its source", () => {
    expect(readRecord(obot, item(), 'obot-eu').vendorId).toBe('obot-eu 7')
    expect(readRecord(obot, item({ id: 'seven' }), 'obot-eu').vendorId).toBe('obot-eu seven')
    expect(readRecord(obot, row({ eventID: 'chosen by a client' })).vendorId).toBe('')
  })

  it('cannot be told of a list', () => {
    const list = obot.read({ items: [item()] }, {} as never, { sealToken: (token) => token })
    expect(list.kind).toBe('rejected')
  })
})

describe('HTTP audit', () => {
  const line = (path: string, responseCode: number): object => ({
    time: '2026-08-22T10:00:01Z',
    userID: '42',
    method: 'POST',
    path,
    sourceIP: '10.1.4.23',
    responseCode,
  })

  it.each([
    [200, 'unknown'],
    [401, 'denied'],
    [504, 'timeout'],
    [500, 'failure'],
  ])('decides nothing by status %i', (status, outcome) => {
    const event = readEvent(obot, line('/mcp-connect/ms1', status))
    expect(event).toMatchObject({ decision: 'not_evaluated', decisionBasis: '', outcome, kind: 'access' })
  })

  it("takes Obot's own API for no MCP traffic", () => {
    expect(readEvent(obot, line('/api/users', 200)).kind).toBe('web')
  })
})
