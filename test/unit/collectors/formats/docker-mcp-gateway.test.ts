import { describe, expect, it } from 'vitest'
import { dockerMcpGateway } from '../../../../collectors/formats/docker-mcp-gateway.ts'
import { readEvent, readRecord } from './read-event.ts'

const audit = (changed: object = {}): object => ({
  trigger: 'invoke',
  target_type: 'tool',
  server_name: 'github-official',
  tool_name: 'create_issue',
  result: 'allowed',
  outcome_reason: 'policy_rule',
  timestamp: '2026-08-22T10:00:01Z',
  ...changed,
})

describe('audit events', () => {
  it.each([
    ['allowed', 'policy_rule', 'allow', 'unknown', ''],
    ['denied', 'policy_rule', 'deny', 'denied', ''],
    ['denied', 'policy_error', 'deny', 'denied', 'policy_error'],
    ['skipped', 'policy_rule', 'indeterminate', 'unknown', ''],
  ])('%s by %s is %s', (result, reason, decision, outcome, errorType) => {
    const event = readEvent(dockerMcpGateway, audit({ result, outcome_reason: reason }))
    expect(event).toMatchObject({ decision, decisionBasis: 'explicit', decisionSource: 'policy', outcome, errorType })
    expect(event.decisionReasons).toEqual([reason])
  })

  it.each([
    ['invoke', 'tool', 'decision', 'tools/call'],
    ['prompt', 'prompt', 'decision', 'prompts/get'],
    ['load', 'server', 'admin', ''],
    ['load', 'tool', 'admin', ''],
    ['list', 'tool', 'admin', ''],
  ])('%s of a %s is of kind %s', (trigger, target, kind, method) => {
    expect(readEvent(dockerMcpGateway, audit({ trigger, target_type: target }))).toMatchObject({ kind, method })
  })

  it('takes no zeros for a trace', () => {
    const zeros = '0'.repeat(32)
    const event = readEvent(dockerMcpGateway, audit({ trace_id: zeros }))
    expect(event.traceId).toBe('')
    expect(event.attributes).toMatchObject({ trace_id: zeros })
  })

  it('tells whole seconds, at the start', () => {
    expect(readEvent(dockerMcpGateway, audit())).toMatchObject({
      timeUs: Date.UTC(2026, 7, 22, 10, 0, 1) * 1000,
      timeBasis: 'start',
      timePrecisionUs: 1_000_000,
      endTimeUs: null,
    })
  })

  it('takes a user for one only where the gateway says so', () => {
    expect(readEvent(dockerMcpGateway, audit({ actor_type: 'user', actor_id: 'u' })).userId).toBe('u')
    expect(readEvent(dockerMcpGateway, audit({ actor_type: 'agent', actor_id: 'u' }))).toMatchObject({
      userId: '',
      attributes: { actor_id: 'u', actor_type: 'agent' },
    })
  })

  it('seals the session id', () => {
    const { events, sealed } = readRecord(dockerMcpGateway, audit({ session_id: 's-1' }))
    expect(events[0]?.mcpSessionId).toBe('sealed(s-1)')
    expect(sealed).toEqual([{ value: 's-1', replacement: 'sealed(s-1)' }])
  })

  it('has no id that could tell a redelivery', () => {
    expect(readRecord(dockerMcpGateway, audit({ id: 'x' })).vendorId).toBe('')
  })
})

describe('intercepted calls', () => {
  const params = { name: 'search', arguments: { query: 'hello' } }

  it('knows tool and arguments, decides nothing, and began when it came in', () => {
    expect(readEvent(dockerMcpGateway, { method: 'tools/call', params })).toMatchObject({
      kind: 'request',
      method: 'tools/call',
      tool: 'search',
      arguments: '{"query":"hello"}',
      decision: 'not_evaluated',
      decisionBasis: '',
      outcome: 'unknown',
      timeUs: 1_787_400_000_000_000,
      timePrecisionUs: 1_000_000,
    })
  })

  it('reads the headers of the older shape', () => {
    const Header = {
      'Mcp-Session-Id': ['s-1'],
      'X-Request-Id': ['r-1'],
      'User-Agent': ['cursor/1.9'],
      Accept: ['a', 'b'],
    }
    const { events, sealed } = readRecord(dockerMcpGateway, { Session: {}, Params: params, Extra: { Header } })
    expect(events[0]).toMatchObject({
      tool: 'search',
      httpRequestId: 'r-1',
      clientName: 'cursor',
      method: 'tools/call',
    })
    expect(events[0]?.attributes).toEqual({ Session: '{}', 'Extra.Header.Accept.0': 'a', 'Extra.Header.Accept.1': 'b' })
    expect(sealed).toEqual([{ value: 's-1', replacement: 'sealed(s-1)' }])
  })

  it('seals every session id that a header has', () => {
    const Header = { 'mcp-session-id': ['s-1', 's-2'] }
    const { events, sealed } = readRecord(dockerMcpGateway, { Session: {}, Params: params, Extra: { Header } })
    expect(sealed.map(({ value }) => value)).toEqual(['s-1', 's-2'])
    expect(JSON.stringify(events)).not.toMatch(/"s-\d"/)
  })

  it.each([
    { jsonrpc: '2.0', method: 'tools/call', params },
    { id: 1, method: 'tools/call', params },
    { method: 'tools/list', params },
    { Params: params },
  ])('is not taken for one: %j', (record) => {
    expect(dockerMcpGateway.recognises(record)).toBe(false)
  })

  it('refuses a call without a tool and passes over an answer', () => {
    const read = (value: Record<string, unknown>) =>
      dockerMcpGateway.read(value, { observedTimeUs: 0 } as never, { sealToken: (token) => token })
    expect(read({ method: 'tools/call', params: {} })).toEqual({ kind: 'rejected', reason: 'params.name is missing' })
    expect(read({ content: [] }).kind).toBe('ignored')
    expect(read({}).kind).toBe('ignored')
  })
})
