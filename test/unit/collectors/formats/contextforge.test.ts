import { describe, expect, it } from 'vitest'
import { contextforge } from '../../../../collectors/formats/contextforge.ts'
import { readEvent, readRecord } from './read-event.ts'

const siem = (changed: object = {}): object => ({
  schema_version: '1.0',
  event_id: 'evt_1',
  timestamp: '2026-08-22T10:00:00.500000+00:00',
  event_type: 'authentication_success',
  category: 'authentication',
  source: { service: 'mcpgateway', event_source: 'auth' },
  actor: { user_id: 'alice@acme.test', user_email: null, client_ip: '10.1.4.23', user_agent: 'cursor/1.9' },
  context: { correlation_id: 'c-1' },
  action_taken: 'allowed',
  ...changed,
})

const log = (changed: object = {}): object => ({
  asctime: '2026-08-22T10:00:01',
  levelname: 'INFO',
  user_id: 'alice@acme.test',
  user_email: null,
  duration_ms: 233.4,
  custom_fields: { tool_name: 'github-create-issue', arguments_count: 2 },
  resource_type: 'tool',
  resource_action: 'invoke',
  correlation_id: 'c-1',
  request_id: 'r-1',
  trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
  span_id: 'cf00000000000001',
  '@timestamp': '2026-08-22T10:00:01.000000Z',
  ...changed,
})

const trail = (changed: object = {}): object => ({
  id: 'a-1',
  timestamp: '2026-08-22T10:00:01.500000Z',
  action: 'create_tool',
  resource_type: 'tool',
  resource_name: 'github-create-issue',
  user_id: 'alice@acme.test',
  user_email: 'alice@acme.test',
  success: true,
  requires_review: false,
  ...changed,
})

describe('sign-ins', () => {
  it.each([
    ['allowed', 'allow', 'explicit', 'authn', 'success'],
    ['denied', 'deny', 'explicit', 'authn', 'denied'],
    ['challenged', 'not_evaluated', '', '', 'unknown'],
  ])('%s is %s', (action_taken, decision, decisionBasis, decisionSource, outcome) => {
    const event = readEvent(contextforge, siem({ action_taken }))
    expect(event).toMatchObject({ kind: 'auth', decision, decisionBasis, decisionSource, outcome })
  })

  it.each(['unknown', 'anonymous'])('takes %s for nobody', (user_id) => {
    const actor = { user_id, user_email: '***REDACTED***', client_ip: 'unknown' }
    const event = readEvent(contextforge, siem({ actor }))
    expect(event).toMatchObject({ userId: '', userEmail: '', clientAddress: '' })
    expect(event.attributes).toMatchObject({ 'actor.user_id': user_id, 'actor.client_ip': 'unknown' })
  })

  it('knows the address of a user whose e-mail is hidden', () => {
    const actor = { user_id: 'alice@acme.test', user_email: '***REDACTED***' }
    expect(readEvent(contextforge, siem({ actor })).userEmail).toBe('alice@acme.test')
    expect(readEvent(contextforge, siem({ actor: { user_id: 'u-7' } })).userEmail).toBe('')
  })
})

describe('changes', () => {
  it('are no decisions, whatever was taken', () => {
    const changed = (success: boolean) =>
      readEvent(contextforge, siem({ category: 'audit', action_taken: 'denied', context: { success } }))
    const undecided = { kind: 'admin', decision: 'not_evaluated', decisionBasis: '' }
    expect(changed(false)).toMatchObject({ ...undecided, outcome: 'failure', attributes: { action_taken: 'denied' } })
    expect(changed(true)).toMatchObject({ ...undecided, outcome: 'success' })
  })

  it.each([
    ['tool', { tool: 'x', toolExposed: 'x', resource: '', server: '' }],
    ['prompt', { tool: '', resource: 'x', server: '' }],
    ['gateway', { tool: '', resource: '', server: 'x' }],
  ])('of a %s name it', (resource_type, expected) => {
    expect(readEvent(contextforge, trail({ resource_type, resource_name: 'x' }))).toMatchObject(expected)
  })

  it('of the audit trail succeed or fail', () => {
    expect(readEvent(contextforge, trail())).toMatchObject({
      kind: 'admin',
      outcome: 'success',
      decision: 'not_evaluated',
    })
    expect(readEvent(contextforge, trail({ success: false })).outcome).toBe('failure')
  })
})

describe("destinations' envelopes", () => {
  it.each([
    ['Splunk', { time: 1, sourcetype: 'mcpgateway', event: siem() }, 'sourcetype'],
    ['Datadog', { message: 'm', ddsource: 'mcpgateway', attributes: siem() }, 'ddsource'],
  ])('of %s are opened and kept', (_name, record, key) => {
    expect(contextforge.recognises(record as Record<string, unknown>)).toBe(true)
    const { attributes, ...event } = readEvent(contextforge, record)
    const { attributes: plain, ...same } = readEvent(contextforge, siem())
    expect(event).toEqual(same)
    expect(attributes).toMatchObject({ ...plain, [key]: 'mcpgateway' })
  })
})

describe('calls', () => {
  it('end when the line is written', () => {
    expect(readEvent(contextforge, log())).toMatchObject({
      timeBasis: 'end',
      endTimeUs: Date.UTC(2026, 7, 22, 10, 0, 1) * 1000,
      timeUs: Date.UTC(2026, 7, 22, 10, 0, 1) * 1000 - 233_400,
    })
  })

  it('know who, what and by which ids', () => {
    expect(readEvent(contextforge, log())).toMatchObject({
      kind: 'request',
      method: 'tools/call',
      tool: 'github-create-issue',
      toolExposed: 'github-create-issue',
      userEmail: 'alice@acme.test',
      httpRequestId: 'r-1',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: 'cf00000000000001',
      decision: 'not_evaluated',
      attributes: { correlation_id: 'c-1' },
    })
  })

  it.each([
    [{}, 'success'],
    [{ levelname: 'WARNING' }, 'success'],
    [{ levelname: 'ERROR' }, 'failure'],
    [{ levelname: 'CRITICAL' }, 'failure'],
    [{ error_type: 'TimeoutError' }, 'failure'],
  ])('with %j are a %s', (changed, outcome) => {
    expect(readEvent(contextforge, log(changed)).outcome).toBe(outcome)
  })

  it.each([
    [{ resource_type: 'prompt', resource_action: '', event_type: 'prompt_viewed' }, 'request', 'prompts/get'],
    [{ resource_type: 'resource', resource_action: '', event_type: 'resource_viewed' }, 'request', 'resources/read'],
    [{ resource_action: 'create' }, 'admin', ''],
    [{ resource_action: undefined }, 'admin', ''],
    [{ resource_type: 'prompt', event_type: 'prompt_created' }, 'admin', ''],
  ])('%j is of kind %s', (changed, kind, method) => {
    expect(readEvent(contextforge, log(changed))).toMatchObject({ kind, method })
  })
})

it('tells redeliveries by ids of its own, and lines of the log by none', () => {
  const idOf = (record: object): string => readRecord(contextforge, record).vendorId
  expect([siem(), trail(), trail({ id: undefined }), log()].map(idOf)).toEqual(['siem evt_1', 'audit a-1', '', ''])
})

it('ignores what is no evidence and refuses what it cannot place', () => {
  const read = (value: object) =>
    contextforge.read(JSON.parse(JSON.stringify(value)), {} as never, { sealToken: (token) => token }).kind
  expect(read(log({ resource_type: undefined }))).toBe('ignored')
  expect(read(siem({ event_type: 'siem_connectivity_test' }))).toBe('ignored')
  expect(read({ hello: 'world' })).toBe('ignored')
  const older = { asctime: '2025-01-09 17:30:15,123', name: 'mcpgateway.main', levelname: 'INFO', message: 'ready' }
  expect(contextforge.recognises(older)).toBe(true)
  expect(contextforge.recognises({ ...older, name: 'another.program' })).toBe(false)
  expect(read(older)).toBe('ignored')
  expect(read(log({ '@timestamp': 'now' }))).toBe('rejected')
  expect(read(siem({ timestamp: 5 }))).toBe('rejected')
  expect(read(trail({ timestamp: null }))).toBe('rejected')
})
