import { describe, expect, it } from 'vitest'
import { agenttrail } from '../../../../collectors/formats/agenttrail.ts'
import { decodeText } from '../../../formats/decode-text.ts'
import { readEvent } from './read-event.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const spanId = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${spanId}-01`

const decided = (request: object): object => ({ time: '2026-11-24T07:51:49Z', decision: 'allow', request })

describe('trace ids', () => {
  it.each([
    ['those of the event', { traceId, spanId, parentSpanId: spanId }, [traceId, spanId, spanId]],
    ['in lower case', { traceId: traceId.toUpperCase() }, [traceId, '', '']],
    ['those of the header', { traceparent }, [traceId, '', spanId]],
    ['the header in place of zeros', { traceparent, traceId: '0'.repeat(32) }, [traceId, '', spanId]],
  ])('are %s', (_what, request, ids) => {
    const event = readEvent(agenttrail, decided(request))
    expect([event.traceId, event.spanId, event.parentSpanId]).toEqual(ids)
  })

  it.each(['0'.repeat(32), 'none'])('%s joins nothing and is kept', (given) => {
    const event = readEvent(agenttrail, decided({ traceId: given }))
    expect(event.traceId).toBe('')
    expect(event.attributes).toEqual({ 'request.traceId': given })
  })
})

describe('what the user said', () => {
  const userTextOf = (part: object): string => {
    const line = JSON.stringify({ time: '2026-11-24T07:00:00Z', decision: 'allow', ...part })
    return decodeText(line, { format: 'agenttrail' })[0]?.events[0]?.userText ?? expect.fail()
  }
  const messages = [
    { role: 'system', content: 'Be kind.' },
    { role: 'user', parts: [{ type: 'text', content: 'Pay the bill' }] },
  ]

  it.each([
    ['session.userText', { session: { userText: 'Pay the bill' } }],
    ['an attribute', { attributes: { 'user.prompt': 'Pay the bill' } }],
    ['messages of a chat', { attributes: { 'gen_ai.input.messages': messages } }],
    ['messages as text', { attributes: { 'gen_ai.input.messages': JSON.stringify(messages) } }],
    ['another name in the session', { session: { userPrompt: 'Pay the bill' } }],
  ])('is read from %s', (_name, part) => expect(userTextOf(part)).toBe('Pay the bill'))

  it('is nothing where nobody tells', () => {
    expect(userTextOf({ attributes: { note: 'Pay the bill' }, request: { arguments: { prompt: 'x' } } })).toBe('')
  })

  it('is without credentials', () => {
    expect(userTextOf({ session: { userText: `use ${'Bea'}${'rer'} ${'abcdef0123456789'}` } })).toBe(
      'use Bearer [redacted:bearer]',
    )
  })
})
