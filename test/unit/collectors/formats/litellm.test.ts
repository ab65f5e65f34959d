import { describe, expect, it } from 'vitest'
import { litellm } from '../../../../collectors/formats/litellm.ts'
import { readEvent, readRecord } from './read-event.ts'

const details = {
  name: 'create_issue',
  arguments: { repo: 'acme/app' },
  mcp_server_name: 'github',
  namespaced_tool_name: 'github/create_issue',
  mcp_session_id: 'session-1',
}
const payload = (
  changed: Readonly<Record<string, unknown>> = {},
  { call = {}, ...metadata }: Readonly<Record<string, object | string | null>> = {},
): object => ({
  id: 'll-1',
  trace_id: 'tr-1',
  session_id: 'conv-9',
  litellm_call_id: 'lc-1',
  call_type: 'call_mcp_tool',
  status: 'success',
  startTime: 1787392801.25,
  endTime: 1787392801.5,
  metadata: {
    user_api_key_alias: 'agent-triage',
    user_api_key_user_id: 'alice',
    user_api_key_user_email: 'alice@example.com',
    mcp_tool_call_metadata: { ...details, ...(call as object) },
    ...metadata,
  },
  ...changed,
})
const failure = (error_class: string, error_code: string | null = null, error_message = 'said no'): object => ({
  status: 'failure',
  error_information: { error_class, error_code, error_message },
})
const guardrail = (guardrail_status: string, more: object = {}): object => ({
  guardrail_information: [{ guardrail_name: 'pii', guardrail_id: 'gd-1', guardrail_status, ...more }],
})

describe('without a guardrail', () => {
  it.each([
    ['success', {}, ['not_evaluated', '', '', 'success']],
    ['401', failure('HTTPException', '401'), ['deny', 'inferred_status', 'authn', 'denied']],
    ['403', failure('HTTPException', '403'), ['deny', 'inferred_status', 'authz', 'denied']],
    ['429', failure('ProxyException', '429'), ['deny', 'inferred_status', 'rate_limit', 'denied']],
    ['500', failure('HTTPException', '500'), ['not_evaluated', '', '', 'failure']],
    ['403 of the server', failure('HTTPStatusError', '403'), ['not_evaluated', '', '', 'failure']],
    ['an error of the protocol', failure('McpError'), ['not_evaluated', '', '', 'protocol_error']],
    ['a time-out', failure('ReadTimeout', '401'), ['not_evaluated', '', '', 'timeout']],
    ['a call that was given up', failure('CancelledError'), ['not_evaluated', '', '', 'cancelled']],
    ['a blocked entity', failure('BlockedPiiEntityError', '400'), ['deny', 'inferred_code', 'guardrail', 'denied']],
    ['a spent budget', failure('BudgetExceededError', '400'), ['deny', 'inferred_code', 'policy', 'denied']],
    ['only a text', { status: 'failure', error_str: '403: no' }, ['deny', 'inferred_text', 'authz', 'denied']],
    ['another text', { status: 'failure', error_str: '403 tools' }, ['not_evaluated', '', '', 'failure']],
    ['an error beside a success', { error_str: '403: no' }, ['not_evaluated', '', '', 'success']],
    ['an unknown status', { status: 'later' }, ['not_evaluated', '', '', 'unknown']],
    ['an error named like a member of all objects', failure('constructor'), ['not_evaluated', '', '', 'failure']],
  ])('%s', (_name, changed, [decision, decisionBasis, decisionSource, outcome]) => {
    const event = readEvent(litellm, payload(changed as Readonly<Record<string, unknown>>))
    expect(event).toMatchObject({ decision, decisionBasis, decisionSource, outcome })
    expect(event.kind).toBe(decision === 'not_evaluated' ? 'request' : 'decision')
  })
})

describe('a guardrail', () => {
  const stopped = failure('HTTPException', '400')
  it.each([
    [
      'that intervened and let go on has changed the call',
      guardrail('guardrail_intervened'),
      ['modify', 'explicit', 'success'],
    ],
    [
      'that intervened and stopped the call',
      { ...guardrail('guardrail_intervened'), ...stopped },
      ['deny', 'explicit', 'denied'],
    ],
    [
      'that changed a call which then failed at the server',
      { ...guardrail('guardrail_intervened'), ...failure('McpError') },
      ['modify', 'explicit', 'protocol_error'],
    ],
    ['that let pass', guardrail('success'), ['allow', 'explicit', 'success']],
    [
      'that let pass what LiteLLM then refused',
      { ...guardrail('success'), ...failure('HTTPException', '403') },
      ['deny', 'inferred_status', 'denied'],
    ],
    ['that could not answer', guardrail('guardrail_failed_to_respond'), ['indeterminate', 'explicit', 'success']],
    ['that did not run', guardrail('not_run'), ['not_evaluated', '', 'success']],
    [
      'that only logs',
      guardrail('guardrail_intervened', { guardrail_mode: 'logging_only' }),
      ['not_evaluated', '', 'success'],
    ],
    [
      'of an older version that stopped the call',
      { ...guardrail('failure'), ...stopped },
      ['deny', 'inferred_code', 'denied'],
    ],
  ])('%s', (_name, changed, [decision, decisionBasis, outcome]) => {
    const event = readEvent(litellm, payload(changed as Readonly<Record<string, unknown>>))
    expect(event).toMatchObject({ decision, decisionBasis, outcome })
  })

  it('gives its id and what it found', () => {
    const found = payload(
      guardrail('guardrail_intervened', { violation_categories: ['US_SSN'] }) as Record<string, unknown>,
    )
    expect(readEvent(litellm, found)).toMatchObject({ policyId: 'gd-1', decisionReasons: ['US_SSN'] })
  })
})

describe('the tool', () => {
  it.each([
    [{}, 'create_issue', 'github/create_issue'],
    [{ name: 'github-create_issue', namespaced_tool_name: null }, 'create_issue', 'github-create_issue'],
    [{ name: 'create_issue', namespaced_tool_name: null }, 'create_issue', 'create_issue'],
    [{ name: 'githubber', namespaced_tool_name: null }, 'githubber', 'githubber'],
  ])('%j', (call, tool, toolExposed) => {
    expect(readEvent(litellm, payload({}, { call }))).toMatchObject({ tool, toolExposed, server: 'github' })
  })

  it('tells an error of its own by its result', () => {
    const result = { isError: true, content: [] }
    expect(readEvent(litellm, payload({}, { call: { result } }))).toMatchObject({
      outcome: 'tool_error',
      result: JSON.stringify(result),
    })
    expect(readEvent(litellm, payload({ response: result })).outcome).toBe('tool_error')
  })
})

it('takes the alias of the key for the agent', () => {
  expect(readEvent(litellm, payload())).toMatchObject({
    agentId: 'agent-triage',
    agentName: 'agent-triage',
    userId: 'alice',
  })
  expect(readEvent(litellm, payload({}, { user_api_key_alias: null }))).toMatchObject({ agentId: '', agentName: '' })
})

it.each(['ll-1', 'lc-1', 'tr-1'])('takes no id of the call for a session: %s', (session_id) => {
  expect(readEvent(litellm, payload({ session_id })).explicitSessionId).toBe('')
  expect(readEvent(litellm, payload()).explicitSessionId).toBe('conv-9')
})

it('lets no client choose the id by which redeliveries are told', () => {
  const { vendorId, sealed } = readRecord(litellm, payload())
  expect(vendorId).toBe('')
  expect(sealed).toEqual([{ value: 'session-1', replacement: 'sealed(session-1)' }])
})

it('reads the times of callbacks and of spend logs alike', () => {
  const times = {
    timeUs: 1_787_392_801_250_000,
    endTimeUs: 1_787_392_801_500_000,
    durationUs: 250_000,
    timePrecisionUs: 1,
  }
  expect(readEvent(litellm, payload())).toMatchObject(times)
  const spendLog = { startTime: '2026-08-22T10:00:01.250000+00:00', endTime: '2026-08-22T10:00:01.500000+00:00' }
  expect(readEvent(litellm, payload(spendLog))).toMatchObject(times)
})

it('ignores LLM calls', () => {
  const llm = { call_type: 'acompletion', metadata: {} }
  expect(() => readEvent(litellm, payload(llm))).toThrow('ignored: no MCP call')
})
