import { describe, expect, it } from 'vitest'
import { decodeText } from '../../../formats/decode-text.ts'

type Attributes = Readonly<Record<string, string | number | boolean>>

const anyValue = (value: string | number | boolean): object =>
  typeof value === 'string'
    ? { stringValue: value }
    : typeof value === 'number'
      ? { intValue: value }
      : { boolValue: value }

const pairs = (attributes: Attributes): readonly object[] =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))

const span = (attributes: Attributes, more: object = {}): object => ({
  traceId: '5b8efff798038103d269b633813fc60c',
  spanId: 'eee19b7ec3c1b174',
  name: 'execute_tool search',
  kind: 1,
  startTimeUnixNano: '1795506816000000999',
  endTimeUnixNano: '1795506816250000000',
  attributes: pairs(attributes),
  ...more,
})

const request = (spans: readonly object[], resource: Attributes = { 'service.name': 'agent' }): string =>
  JSON.stringify({ resourceSpans: [{ resource: { attributes: pairs(resource) }, scopeSpans: [{ spans }] }] })

const logs = (records: readonly object[], resource: Attributes): string =>
  JSON.stringify({
    resourceLogs: [{ resource: { attributes: pairs(resource) }, scopeLogs: [{ logRecords: records }] }],
  })

const tool = { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'search' }
const readOne = (record: string) => decodeText(record)[0]
const eventOf = (record: string) => readOne(record)?.events[0]

describe('which spans are events', () => {
  it.each([
    ['a model’s completion', { 'gen_ai.operation.name': 'chat' }, 'chat m'],
    ['a span that is only called ping', {}, 'ping'],
    ['a database query', { 'db.system.name': 'postgresql' }, 'SELECT'],
  ])('%s is none', (_what, attributes, name) => {
    expect(readOne(request([span(attributes, { name })]))).toMatchObject({ outcome: 'ignored' })
  })

  it('each that is of a request is one, numbered by its place in the record', () => {
    const decoded = readOne(
      request([span(tool), span({}, { name: 'SELECT' }), span(tool, { spanId: 'aaa19b7ec3c1b174' })]),
    )
    expect(decoded?.events.map((event) => event.eventId.split('.').at(-1))).toEqual(['0', '2'])
    expect(decoded?.vendorId).toBe('')
  })

  it('one alone is told again by its ids and its kind', () => {
    expect(readOne(request([span(tool)]))?.vendorId).toBe('5b8efff798038103d269b633813fc60c:eee19b7ec3c1b174:1')
    expect(readOne(request([span(tool, { kind: 3 })]))?.vendorId).toBe(
      '5b8efff798038103d269b633813fc60c:eee19b7ec3c1b174:3',
    )
    expect(readOne(request([span(tool, { spanId: '' })]))?.vendorId).toBe('')
  })
})

describe('who is told', () => {
  it('an agent’s own span identifies nobody', () => {
    const event = eventOf(
      request([span({ ...tool, 'user.id': 'alice', 'gen_ai.agent.id': 'agent-1', 'session.id': 's-1' })]),
    )
    expect(event).toMatchObject({ layer: 'trace', userId: '', agentId: '', explicitSessionId: 's-1' })
    expect(event?.attributes).toMatchObject({ 'user.id': 'alice', 'gen_ai.agent.id': 'agent-1' })
  })

  it('a gateway’s span does', () => {
    const event = eventOf(
      request([span({ 'mcp.method.name': 'tools/call', 'jwt.sub': 'alice', 'user.id': 'other' })], {
        'service.name': 'agentgateway',
      }),
    )
    expect(event).toMatchObject({ layer: 'gateway', product: 'agentgateway', userId: 'alice' })
    // What no field took is kept.
    expect(event?.attributes['user.id']).toBe('other')
  })

  it('agentgateway’s span says what its access line says', () => {
    const said = {
      'mcp.method.name': 'tools/call',
      'jwt.sub': 'alice@example.com',
      route: 'default/mcp',
      route_rule: 'default/mcp/rule0',
    }
    const event = eventOf(request([span(said)], { 'service.name': 'agentgateway' }))
    const line = { level: 'info', time: '2026-11-24T07:53:36Z', scope: 'request', protocol: 'mcp', ...said }
    const expected = { userId: 'alice@example.com', userEmail: 'alice@example.com', routeId: 'default/mcp/rule0' }
    expect(event).toMatchObject(expected)
    expect(eventOf(JSON.stringify(line))).toMatchObject(expected)
  })

  it('an attribute that is named like the resource’s product changes nothing', () => {
    const event = eventOf(
      request([span({ ...tool, 'resource.service.name': 'agentgateway', 'scope.name': 'agentgateway' })]),
    )
    expect(event).toMatchObject({ layer: 'trace', product: 'opentelemetry' })
  })
})

describe('times', () => {
  it('are whole microseconds, whether given as text or as a number', () => {
    const text = eventOf(request([span(tool)]))
    const number = eventOf(request([span(tool)]).replace('"1795506816000000999"', '1795506816000000999'))
    expect(text).toMatchObject({ timeUs: 1_795_506_816_000_000, durationUs: 250_000, timeBasis: 'start' })
    expect(number?.timeUs).toBe(text?.timeUs)
  })

  it.each(['', '0', 'soon', '-5'])('a start of %j is refused', (startTimeUnixNano) => {
    expect(readOne(request([span(tool, { startTimeUnixNano })]))).toMatchObject({ outcome: 'rejected' })
  })

  it('an access log’s line begins its duration before it was written', () => {
    const record = {
      observedTimeUnixNano: '1795506816250000000',
      attributes: pairs({ 'mcp.method.name': 'tools/call', duration: '250ms' }),
    }
    expect(eventOf(logs([record], { 'service.name': 'agentgateway' }))).toMatchObject({
      kind: 'request',
      timeBasis: 'end',
      timeUs: 1_795_506_816_000_000,
      // No more exact than the duration that leads back to it.
      timePrecisionUs: 1000,
      durationUs: 250_000,
    })
  })
})

describe('outcome', () => {
  it.each([
    ['nothing is said', {}, {}, 'unknown'],
    ['HTTP says 200', { 'http.response.status_code': 200 }, {}, 'unknown'],
    ['the span says so', {}, { status: { code: 1 } }, 'success'],
    ['a result is there', { 'gen_ai.tool.call.result': '{"a":1}' }, {}, 'success'],
    [
      'the result says that it is an error',
      { 'gen_ai.tool.call.result': '{"isError":true}' },
      { status: { code: 1 } },
      'tool_error',
    ],
    ['a caller’s fault leaves the span unset', { 'rpc.response.status_code': '-32602' }, {}, 'protocol_error'],
    ['the error has a name', { 'error.type': 'ValueError' }, { status: { code: 2 } }, 'failure'],
    ['the status is an error', {}, { status: { code: 'STATUS_CODE_ERROR' } }, 'failure'],
    [
      'an exception was caught',
      {},
      { events: [{ name: 'exception', attributes: pairs({ 'exception.type': 'X' }) }] },
      'unknown',
    ],
  ])('%s', (_what, attributes, more, outcome) => {
    expect(eventOf(request([span({ ...tool, ...attributes }, more)]))?.outcome).toBe(outcome)
  })
})

describe('links', () => {
  it('lead to other traces, each once', () => {
    const other = 'ABCDEF00000000000000000000000001'
    const links = [
      { traceId: other },
      { traceId: other },
      { traceId: '5b8efff798038103d269b633813fc60c' },
      { traceId: 'x' },
    ]
    expect(eventOf(request([span(tool, { links })]))?.linkedTraceIds).toEqual([other.toLowerCase()])
  })

  it('a context in `_meta` is one', () => {
    const input = '{"_meta":{"traceparent":"00-33333333333333333333333333333333-4444444444444444-01"},"name":"search"}'
    expect(eventOf(request([span({ ...tool, 'input.value': input })]))?.linkedTraceIds).toEqual(['3'.repeat(32)])
  })

  it('are bounded', () => {
    const links = Array.from({ length: 100 }, (_none, index) => ({ traceId: String(index + 1).padStart(32, '0') }))
    const event = eventOf(request([span(tool, { links })]))
    expect(event?.linkedTraceIds).toHaveLength(32)
    expect(event?.attributes['span.links.99.traceId']).toBe('100'.padStart(32, '0'))
  })
})

describe('secrets', () => {
  const session = '126bdab5-ab25-4d24-a605-ee9a6e18207f'

  it.each([
    ['the span', span({ ...tool, 'mcp.session.id': session })],
    ['a span that is no event', span({ 'mcp.session.id': session }, { name: 'other' })],
    ['a span event', span(tool, { events: [{ name: 'route', attributes: pairs({ 'mcp.session.id': session }) }] })],
    ['a link', span(tool, { links: [{ attributes: pairs({ 'mcp.session_id': session }) }] })],
  ])('a session id of %s is hashed', (_where, one) => {
    const decoded = readOne(request([span(tool), one]))
    expect(decoded?.outcome).toBe('ok')
    expect(JSON.stringify(decoded)).not.toContain(session)
    expect(decoded?.raw).toMatch(/hmac:k1:[0-9a-f]{32}/)
  })

  it('a session id that looks like a hash is hashed like any other', () => {
    const forged = `hmac:k1:${'0'.repeat(32)}`
    expect(eventOf(request([span({ ...tool, 'mcp.session.id': forged })]))?.mcpSessionId).not.toBe(forged)
  })

  it('an attribute that is named like a credential is redacted, in the line as well', () => {
    const decoded = readOne(request([span({ ...tool, 'db.password': 'correct horse', 'pin.secret': 4711 })]))
    expect(JSON.stringify(decoded)).not.toMatch(/correct horse|4711/)
    expect(decoded?.events[0]?.attributes['db.password']).toBe('[redacted:db_password]')
  })
})

it('a name that comes ten thousand times costs no more than ten thousand names', () => {
  const attributes = Array.from({ length: 10_000 }, () => ({ key: 'x', value: { stringValue: 'y' } }))
  const event = eventOf(request([span(tool, { attributes: [...pairs(tool), ...attributes] })]))
  expect(event?.attributes['span.attributes.10001.key']).toBe('x')
})
