import { describe, expect, it } from 'vitest'
import { toolhive } from '../../../../collectors/formats/toolhive.ts'
import { readEvent, readRecord } from './read-event.ts'

const line = (
  changed: { readonly extra?: object; readonly target?: object; readonly [key: string]: unknown } = {},
): object => {
  const { extra, target, ...rest } = changed
  return {
    time: '2026-08-22T10:00:01.200000Z',
    level: 'AUDIT',
    msg: 'audit_event',
    audit_id: 'a-1',
    type: 'mcp_tool_call',
    logged_at: '2026-08-22T10:00:01.200000Z',
    outcome: 'success',
    component: 'vmcp-production',
    source: { type: 'network', value: '10.1.4.23', extra: { user_agent: 'claude-code/2.1.0', request_id: 'req-1' } },
    subjects: { user: 'Alice Example', user_id: 'auth0|alice' },
    target: { endpoint: '/mcp', method: 'tools/call', name: 'github_create_issue', type: 'tool', ...target },
    metadata: { extra: { duration_ms: 180, transport: 'http', backend_name: 'github', ...extra } },
    ...rest,
  }
}

describe('decision and outcome', () => {
  it.each([
    ['success', 'not_evaluated', '', 'success'],
    ['denied', 'deny', 'inferred_status', 'denied'],
    ['failure', 'not_evaluated', '', 'failure'],
    ['error', 'not_evaluated', '', 'failure'],
    ['application_error', 'not_evaluated', '', 'protocol_error'],
    ['a word of tomorrow', 'not_evaluated', '', 'unknown'],
  ])('%s is %s', (word, decision, decisionBasis, outcome) => {
    const event = readEvent(toolhive, line({ outcome: word }))
    expect(event).toMatchObject({ decision, decisionBasis, decisionSource: '', outcome, kind: 'request' })
  })

  it('keeps an outcome that it does not know', () => {
    expect(readEvent(toolhive, line({ outcome: 'throttled' })).attributes['outcome']).toBe('throttled')
  })

  it('takes code and message of a JSON-RPC error', () => {
    const extra = { jsonrpc_error_code: -32603, jsonrpc_error_message: 'no such relation' }
    expect(readEvent(toolhive, line({ outcome: 'application_error', extra }))).toMatchObject({
      errorType: '-32603',
      errorMessage: 'no such relation',
    })
  })

  it.each([
    ['an error of the tool', { result: { isError: true } }, 'tool_error'],
    ['a good answer', { result: { content: [] } }, 'success'],
    ['an error in a frame', 'event: message\ndata: {"id":1,"error":{"code":-32602,"message":"m"}}\n', 'protocol_error'],
    ['only progress in a frame', 'data: {"method":"notifications/progress"}\n', 'success'],
    ['no JSON', 'data: {"error":\n', 'success'],
  ])('looks for %s in the response', (_name, response, outcome) => {
    expect(readEvent(toolhive, line({ data: { response } })).outcome).toBe(outcome)
  })

  it('lets no response turn a denial into anything else', () => {
    const denied = line({ outcome: 'denied', data: { response: { error: { code: -32603 } } } })
    expect(readEvent(toolhive, denied)).toMatchObject({ decision: 'deny', outcome: 'denied', errorType: '' })
  })

  it('takes no success from what is only accepted or begun', () => {
    expect(readEvent(toolhive, line({ extra: { transport: 'sse' } })).outcome).toBe('unknown')
    expect(readEvent(toolhive, line({ type: 'sse_connection' })).outcome).toBe('unknown')
    expect(readEvent(toolhive, line({ type: 'vmcp_workflow_started' })).outcome).toBe('unknown')
  })
})

describe('time', () => {
  it('computes the start from the end', () => {
    expect(readEvent(toolhive, line())).toMatchObject({
      timeBasis: 'end',
      timeUs: Date.UTC(2026, 7, 22, 10, 0, 1, 20) * 1000,
      endTimeUs: Date.UTC(2026, 7, 22, 10, 0, 1, 200) * 1000,
      durationUs: 180_000,
      timePrecisionUs: 1000,
    })
  })

  it('believes no negative duration', () => {
    const event = readEvent(toolhive, line({ extra: { duration_ms: -4 } }))
    expect(event).toMatchObject({ durationUs: null, timeUs: event.endTimeUs })
    expect(event.attributes['metadata.extra.duration_ms']).toBe('-4')
  })
})

describe('tool and server', () => {
  it.each([
    ['github_create_issue', 'create_issue'],
    ['github.create_issue', 'create_issue'],
    ['githubcreate_issue', 'githubcreate_issue'],
    ['github_', 'github_'],
    ['create_issue', 'create_issue'],
  ])('%s of github is %s', (name, tool) => {
    expect(readEvent(toolhive, line({ target: { name } }))).toMatchObject({ tool, toolExposed: name, server: 'github' })
  })

  it('leaves the name as it is where no backend is known', () => {
    const event = readEvent(toolhive, line({ extra: { backend_name: undefined } }))
    expect(event).toMatchObject({ tool: 'github_create_issue', server: 'vmcp-production' })
    const own = readEvent(toolhive, line({ extra: { backend_name: undefined }, target: { name: '_private' } }))
    expect(own.tool).toBe('_private')
  })

  it('takes the default component for no server', () => {
    const event = readEvent(toolhive, line({ component: 'toolhive-api', metadata: {} }))
    expect(event.server).toBe('')
  })
})

describe('identity', () => {
  const chain = [{ iss: 'https://idp', sub: 'agent:now' }, { sub: 'agent:before' }]

  it('names the current actor of a delegation as the agent, and its subject as the user', () => {
    const event = readEvent(toolhive, line({ delegation: { chain, truncated: true, omitted: 3, malformed: false } }))
    expect(event).toMatchObject({ agentId: 'agent:now', userId: 'auth0|alice' })
    expect(event.attributes['delegation.chain.1.sub']).toBe('agent:before')
  })

  it.each([{ chain, malformed: true }, { chain }, { chain: [{ iss: 'x' }], malformed: false }, 'agent:now'])(
    'names no agent by %j',
    (delegation) => {
      expect(readEvent(toolhive, line({ delegation })).agentId).toBe('')
    },
  )

  it('takes a display name for no identity', () => {
    const event = readEvent(toolhive, line({ subjects: { user: 'admin@acme.test' } }))
    expect(event).toMatchObject({ userId: '', userEmail: '' })
  })

  it('seals a session id', () => {
    const source = { type: 'network', value: '10.1.4.23', extra: { session_id: 's-1' } }
    const { events, sealed } = readRecord(toolhive, line({ source }))
    expect(events[0]?.mcpSessionId).toBe('sealed(s-1)')
    expect(sealed).toEqual([{ value: 's-1', replacement: 'sealed(s-1)' }])
  })
})

it('reads the trace that the agent names in _meta', () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const request = { id: 7, params: { arguments: { a: 1 }, _meta: { traceparent } } }
  expect(readEvent(toolhive, line({ data: { request } }))).toMatchObject({
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    parentSpanId: '00f067aa0ba902b7',
    jsonrpcId: '7',
    arguments: '{"a":1}',
  })
})

it('reads the marshalled struct like the logged line', () => {
  const {
    audit_id: auditId,
    logged_at: loggedAt,
    time,
    level,
    msg,
    metadata,
    ...rest
  } = line() as Record<string, object>
  const struct = { ...rest, loggedAt, metadata: { auditId, ...metadata } }
  expect([time, level, msg]).not.toContain(undefined)
  expect(readRecord(toolhive, struct)).toEqual(readRecord(toolhive, line()))
})

it('ignores what is not of the audit log, and refuses what it cannot place', () => {
  const read = (value: object) =>
    toolhive.read(value as Record<string, unknown>, {} as never, { sealToken: (token) => token })
  expect(read({ level: 'INFO', msg: 'starting' })).toEqual({ kind: 'ignored', reason: 'not an audit event' })
  expect(read(line({ logged_at: 'now' })).kind).toBe('rejected')
  expect(read(line({ type: 5 })).kind).toBe('rejected')
})
