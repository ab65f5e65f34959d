import { describe, expect, it } from 'vitest'
import { teleport } from '../../../../collectors/formats/teleport.ts'
import { readEvent, readRecord } from './read-event.ts'

const line = (changed: Readonly<Record<string, unknown>> = {}): object => ({
  code: 'TMCP003I',
  ei: 0,
  event: 'mcp.session.request',
  sid: 'sid-1',
  time: '2026-08-22T10:00:00.100Z',
  uid: 'uid-1',
  user: 'ai-user',
  app_name: 'files',
  success: true,
  message: {
    id: 7,
    method: 'tools/call',
    params: { name: 'read_file', arguments: { path: '/tmp/a' } },
    jsonrpc: '2.0',
  },
  ...changed,
})

describe('decision and outcome', () => {
  it.each([
    ['a success is no allow, and its outcome is unknown', {}, ['not_evaluated', '', '', 'unknown', 'request']],
    [
      'access denied is a deny known by its text',
      { success: false, error: 'access denied' },
      ['deny', 'inferred_text', 'authz', 'denied', 'decision'],
    ],
    [
      'any other error came from the server',
      { success: false, error: 'HTTP 401 Unauthorized' },
      ['not_evaluated', '', '', 'failure', 'request'],
    ],
    ['a failure without a text is a failure', { success: false }, ['not_evaluated', '', '', 'failure', 'request']],
    [
      'a code of a failure is one, whatever success says',
      { code: 'TMCP003E' },
      ['not_evaluated', '', '', 'failure', 'request'],
    ],
  ])('%s', (_name, changed, [decision, decisionBasis, decisionSource, outcome, kind]) => {
    expect(readEvent(teleport, line(changed))).toMatchObject({ decision, decisionBasis, decisionSource, outcome, kind })
  })
})

describe('kinds', () => {
  it.each([
    ['mcp.session.notification', 'request'],
    ['mcp.session.start', 'auth'],
    ['mcp.session.end', 'auth'],
    ['mcp.session.listen_sse_stream', 'web'],
    ['mcp.session.invalid_http_request', 'web'],
  ])('%s is of kind %s', (event, kind) => {
    expect(readEvent(teleport, line({ event, message: undefined })).kind).toBe(kind)
  })

  it('ignores what is not about MCP', () => {
    for (const event of ['user.login', 'mcp.session.later', 'constructor']) {
      expect(() => readEvent(teleport, line({ event }))).toThrow('ignored: no event about MCP')
    }
  })
})

it('seals its session id and takes its own id as the one of the record', () => {
  const { events, sealed, vendorId } = readRecord(teleport, line())
  expect(vendorId).toBe('uid-1')
  expect(sealed).toEqual([{ value: 'sid-1', replacement: 'sealed(sid-1)' }])
  expect(events[0]).toMatchObject({ mcpSessionId: 'sealed(sid-1)', sourceEventId: 'uid-1', authSessionId: '' })
})

it('reads what was asked for', () => {
  expect(readEvent(teleport, line())).toMatchObject({
    timeUs: Date.UTC(2026, 7, 22, 10, 0, 0, 100) * 1000,
    timeBasis: 'start',
    jsonrpcId: '7',
    method: 'tools/call',
    tool: 'read_file',
    toolExposed: 'read_file',
    server: 'files',
    arguments: '{"path":"/tmp/a"}',
  })
})

describe('who acted', () => {
  it('is a service account where the user is a bot', () => {
    expect(readEvent(teleport, line({ bot_name: 'triage' }))).toMatchObject({
      userId: 'ai-user',
      serviceAccountId: 'triage',
    })
  })

  it('is known to other layers by an e-mail address', () => {
    expect(readEvent(teleport, line({ user: 'alice@example.com' })).userEmail).toBe('alice@example.com')
    expect(readEvent(teleport, line()).userEmail).toBe('')
  })

  it('calls its client what the client calls itself', () => {
    const _meta = { 'io.modelcontextprotocol/clientInfo': { name: 'claude-code', version: '2.1.0' } }
    const message = { id: 1, method: 'tools/call', params: { name: 'read_file', _meta } }
    expect(readEvent(teleport, line({ message }))).toMatchObject({ clientName: 'claude-code', clientVersion: '2.1.0' })
  })
})
