import { expect, it } from 'vitest'
import { readHeaders } from '../../../../collectors/formats/read-headers.ts'
import { SourceFields } from '../../../../collectors/formats/source-fields.ts'
import { emptyEvent } from '../../../../src/event/event.ts'

const read = (headers: unknown) => {
  const event = emptyEvent()
  const fields = new SourceFields({ headers })
  const sealed = readHeaders(event, { fields, context: { sealToken: (token) => `sealed(${token})` } }, 'headers')
  fields.rest(event.attributes)
  return { event, sealed: sealed.map(({ value }) => value) }
}

it('reads what an event has a field for, in any case, in lists and as text', () => {
  const { event } = read({
    'USER-AGENT': ['cursor/1.9'],
    'x-request-id': 'r-1',
    Traceparent: ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
  })
  expect(event).toMatchObject({
    clientName: 'cursor',
    httpRequestId: 'r-1',
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    parentSpanId: '00f067aa0ba902b7',
    attributes: {},
  })
})

it('keeps everything else, a list of one as its member', () => {
  const { event } = read({ Accept: ['a', 'b'], 'X-Api-Key': ['k'], Traceparent: ['none'], Empty: [], Odd: 5 })
  expect(event.attributes).toEqual({
    'headers.Accept.0': 'a',
    'headers.Accept.1': 'b',
    'headers.X-Api-Key': 'k',
    'headers.Traceparent': 'none',
    'headers.Empty': '[]',
    'headers.Odd': '5',
  })
})

it('lets no session id stay, however many there are', () => {
  const { event, sealed } = read({ 'Mcp-Session-Id': ['s-1', 's-2'], 'mcp-session-id': 's-1' })
  expect(sealed).toEqual(['s-1', 's-2', 's-1'])
  expect(event.mcpSessionId).toBe('sealed(s-1)')
  expect(event.attributes).toEqual({ 'headers.Mcp-Session-Id': 'sealed(s-2)' })
})

it.each([undefined, null, 'x', ['x']])('passes over %j', (headers) => {
  expect(read(headers).sealed).toEqual([])
})
