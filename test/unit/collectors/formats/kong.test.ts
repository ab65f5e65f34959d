import { describe, expect, it } from 'vitest'
import { kong } from '../../../../collectors/formats/kong.ts'
import { readEvent, readRecord } from './read-event.ts'

const line = (mcp: object | undefined, changed: Readonly<Record<string, object | string | number>> = {}): object => ({
  started_at: 1_787_392_801_000,
  client_ip: '10.1.4.23',
  request: {
    id: 'k-1',
    method: 'POST',
    uri: '/mcp',
    headers: { host: 'localhost', 'user-agent': 'claude-code/2.1.0' },
  },
  response: { status: 200 },
  latencies: { request: 8 },
  service: { name: 'orders' },
  source: 'upstream',
  ...(mcp === undefined ? {} : { ai: { mcp } }),
  ...changed,
})
const call = (tool_name: string, more: object = {}): object => ({
  method: 'tools/call',
  id: '2',
  latency: 6,
  tool_name,
  ...more,
})
const check = (primitive_name: string, action: string, more: object = {}): object => ({
  primitive_name,
  primitive: 'tool',
  scope: 'primitive',
  action,
  consumer: { id: 'c-1', name: 'alice', identifier: 'consumer' },
  ...more,
})
const everything = { primitive_name: undefined, primitive: undefined, scope: 'global' }

describe('decision', () => {
  it.each([
    ['allowed', [check('list', 'allow')], ['allow', 'explicit', 'authz', 'success', 'decision']],
    ['denied', [check('list', 'deny')], ['deny', 'explicit', 'authz', 'denied', 'decision']],
    ['not checked', [], ['not_evaluated', '', '', 'success', 'request']],
    ['checked for another tool', [check('drop', 'deny')], ['not_evaluated', '', '', 'success', 'request']],
    [
      'checked for a prompt of that name',
      [check('list', 'deny', { primitive: 'prompt' })],
      ['not_evaluated', '', '', 'success', 'request'],
    ],
    ['denied for everything', [check('', 'deny', everything)], ['deny', 'explicit', 'authz', 'denied', 'decision']],
    [
      'allowed by one and denied by another',
      [check('', 'allow', everything), check('list', 'deny')],
      ['deny', 'explicit', 'authz', 'denied', 'decision'],
    ],
    ['answered in a way of tomorrow', [check('list', 'hesitate')], ['not_evaluated', '', '', 'success', 'request']],
  ])('of a call that was %s', (_name, audit, [decision, decisionBasis, decisionSource, outcome, kind]) => {
    const event = readEvent(kong, line({ rpc: [call('list')], audit }))
    expect(event).toMatchObject({ decision, decisionBasis, decisionSource, outcome, kind, tool: 'list' })
  })

  it.each([
    [401, 'kong', ['deny', 'inferred_status', 'authn', 'denied']],
    [403, 'kong', ['deny', 'inferred_status', 'authz', 'denied']],
    [429, 'kong', ['deny', 'inferred_status', 'rate_limit', 'denied']],
    [403, 'upstream', ['not_evaluated', '', '', 'failure']],
    [504, 'kong', ['not_evaluated', '', '', 'timeout']],
    [502, 'kong', ['not_evaluated', '', '', 'failure']],
  ])('from status %i of %s', (status, source, [decision, decisionBasis, decisionSource, outcome]) => {
    const event = readEvent(kong, line({ rpc: [call('list')] }, { response: { status }, source }))
    expect(event).toMatchObject({ decision, decisionBasis, decisionSource, outcome, httpStatus: status })
  })

  it('is none for what a listing hides', () => {
    const audit = [check('list', 'allow'), check('drop', 'deny')]
    const event = readEvent(kong, line({ rpc: [{ method: 'tools/list', id: '1' }], audit }))
    expect(event).toMatchObject({ decision: 'not_evaluated', method: 'tools/list', outcome: 'success', tool: '' })
    expect(event.attributes).toMatchObject({ 'audit.1.primitive_name': 'drop', 'audit.1.action': 'deny' })
  })
})

describe('without messages', () => {
  it('takes a single check for a call', () => {
    expect(readEvent(kong, line({ rpc: {}, audit: [check('drop', 'deny')] }))).toMatchObject({
      kind: 'decision',
      decision: 'deny',
      tool: 'drop',
      method: '',
    })
  })

  it('takes several for a listing', () => {
    const event = readEvent(kong, line({ audit: [check('list', 'allow'), check('drop', 'deny')] }))
    expect(event).toMatchObject({ kind: 'request', decision: 'not_evaluated', tool: '' })
  })

  it('takes none for a request that is no call', () => {
    expect(readEvent(kong, line({ rpc: {}, audit: {} })).kind).toBe('web')
  })
})

describe('several messages', () => {
  const { events } = readRecord(
    kong,
    line({
      rpc: [call('list', { id: '1' }), call('drop', { id: '2' }), { method: 'tools/list', id: '3' }],
      audit: [check('list', 'allow'), check('drop', 'deny'), check('hidden', 'deny')],
    }),
  )

  it('give an event each, with its own checks', () => {
    expect(events.map(({ eventId, jsonrpcId, decision }) => [eventId, jsonrpcId, decision])).toEqual([
      ['r.0', '1', 'allow'],
      ['r.1', '2', 'deny'],
      ['r.2', '3', 'not_evaluated'],
    ])
    expect(events[2]?.attributes).toMatchObject({ 'audit.0.primitive_name': 'hidden' })
  })

  it('keep once what is about all of them', () => {
    expect(events.map(({ attributes }) => attributes['source'])).toEqual(['upstream', undefined, undefined])
  })
})

describe('payloads', () => {
  const withPayload = (request: unknown, response: unknown): object =>
    line({
      rpc: [call('list', { payload: { request: JSON.stringify(request), response: JSON.stringify(response) } })],
      audit: [],
    })

  it('give arguments, and the error of a tool', () => {
    const request = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'list', arguments: { limit: 3 } } }
    const event = readEvent(kong, withPayload(request, { id: 2, result: { isError: true } }))
    expect(event).toMatchObject({ arguments: '{"limit":3}', outcome: 'tool_error', jsonrpcId: '2' })
    expect(Object.keys(event.attributes).filter((key) => key.startsWith('rpc'))).toEqual([])
  })

  it('give the error of the protocol', () => {
    const event = readEvent(kong, withPayload({}, { id: 2, error: { code: -32602, message: 'Unknown tool' } }))
    expect(event).toMatchObject({ outcome: 'protocol_error', errorType: '-32602', errorMessage: 'Unknown tool' })
  })
})

describe('who asked', () => {
  it('is the consumer of the line', () => {
    const consumer = { id: 'c-7', username: 'alice@example.com' }
    expect(readEvent(kong, line({ rpc: [call('list')], audit: [check('list', 'allow')] }, { consumer }))).toMatchObject(
      {
        userId: 'c-7',
        userEmail: 'alice@example.com',
      },
    )
  })

  it('is the consumer that was checked, but never a group', () => {
    const group = { consumer: { id: 'g-1', name: 'admin', identifier: 'consumer_group' } }
    const userOf = (more: object): string =>
      readEvent(kong, line({ rpc: [call('list')], audit: [check('list', 'allow', more)] })).userId
    expect(userOf({})).toBe('c-1')
    expect(userOf(group)).toBe('')
  })
})

it("seals session ids wherever they stand, and keeps Kong's own id apart from the header's", () => {
  const headers = { 'mcp-session-id': 'session-2', 'x-request-id': 'x-1' }
  const request = { id: 'k-1', method: 'POST', uri: '/mcp?a=b', headers }
  const { events, sealed, vendorId } = readRecord(
    kong,
    line({ mcp_session_id: 'session-1', rpc: [call('list')] }, { request }),
  )
  expect(sealed.map(({ value }) => value)).toEqual(['session-1', 'session-2'])
  expect(vendorId).toBe('k-1')
  expect(events[0]).toMatchObject({
    mcpSessionId: 'sealed(session-1)',
    sourceEventId: 'k-1',
    httpRequestId: 'x-1',
    urlPath: '/mcp',
  })
})

it('ignores requests that are not about MCP', () => {
  expect(() => readEvent(kong, line(undefined))).toThrow('ignored: no MCP request')
})
