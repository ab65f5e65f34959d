import { describe, expect, it } from 'vitest'
import { cloudflareMcpPortal } from '../../../../collectors/formats/cloudflare-mcp-portal.ts'
import { readEvent, readRecord } from './read-event.ts'

const record = (changed: Readonly<Record<string, unknown>> = {}): object => ({
  ClientIP: '203.0.113.9',
  Datetime: '2026-08-22T10:00:01Z',
  Error: '',
  Method: 'tools/call',
  PortalID: 'portal-1',
  PromptGetName: '',
  ResourceReadURI: '',
  ServerID: 'github',
  ServerResponseDurationMs: 233,
  SessionID: 'session-1',
  Success: true,
  ToolCallName: 'create_issue',
  UserEmail: 'alice@example.com',
  UserID: 'u-42',
  ...changed,
})

describe('outcome', () => {
  it.each([
    [{}, 'success'],
    [{ Success: false, Error: 'tool returned error' }, 'failure'],
    [{ Success: false, Error: 'upstream timed out' }, 'timeout'],
    [{ Success: false, Error: '' }, 'failure'],
    [{ Success: undefined }, 'unknown'],
    [{ Success: undefined, Error: 'broken' }, 'failure'],
    [{ Success: 'true' }, 'unknown'],
  ])('of %j is %s, and never a decision', (changed, outcome) => {
    expect(readEvent(cloudflareMcpPortal, record(changed))).toMatchObject({
      outcome,
      decision: 'not_evaluated',
      decisionBasis: '',
      kind: 'request',
    })
  })
})

describe('time', () => {
  const at = Date.UTC(2026, 7, 22, 10, 0, 1) * 1000
  it.each([
    ['2026-08-22T10:00:01Z', at, 1_000_000],
    ['2026-08-22T10:00:01.250Z', at + 250_000, 1000],
    [1_787_392_801, at, 1_000_000],
    ['1787392801123456789', at + 123_456, 1],
    ['1787392801000000000', at, 1_000_000],
  ])('%j is read', (Datetime, timeUs, timePrecisionUs) => {
    expect(readEvent(cloudflareMcpPortal, record({ Datetime }))).toMatchObject({
      timeUs,
      timePrecisionUs,
      endTimeUs: timeUs + 233_000,
    })
  })

  it.each([null, '22 August', 5, '17873928010'.repeat(3)])('%j is none', (Datetime) => {
    expect(() => readEvent(cloudflareMcpPortal, record({ Datetime }))).toThrow(
      'rejected: Datetime is missing or neither',
    )
  })
})

it('seals the session id, and has no id of a record', () => {
  const { events, sealed, vendorId } = readRecord(cloudflareMcpPortal, record())
  expect(sealed).toEqual([{ value: 'session-1', replacement: 'sealed(session-1)' }])
  expect(events[0]?.mcpSessionId).toBe('sealed(session-1)')
  expect(vendorId).toBe('')
})

it.each([
  [{ Method: 'resources/read', ToolCallName: '', ResourceReadURI: 'file:///a' }, 'file:///a'],
  [{ Method: 'prompts/get', ToolCallName: '', PromptGetName: 'code_review' }, 'code_review'],
])('reads the target of %j', (changed, resource) => {
  expect(readEvent(cloudflareMcpPortal, record(changed))).toMatchObject({ resource, tool: '' })
})
