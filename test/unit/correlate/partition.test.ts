import { describe, expect, it } from 'vitest'
import { partitionViews } from '../../../src/correlate/partition.ts'
import { ViewPool } from '../../../src/correlate/view-pool.ts'
import type { ActivityEvent } from '../../../src/event/event.ts'
import { makeEvent, secondUs } from '../../fakes/events.ts'

const startUs = makeEvent().timeUs

const idsOf = (events: readonly ActivityEvent[]): string[][] =>
  partitionViews(events.map((event) => pool.viewOf(event))).map((call) => call.map((view) => view.eventId).sort())

const pool = new ViewPool()

const decision = (part: Partial<ActivityEvent>) => makeEvent({ httpRequestId: 'r', tool: 'list_issues', ...part })
const access = (part: Partial<ActivityEvent>) =>
  makeEvent({ httpRequestId: 'r', kind: 'access', method: '', decision: 'not_evaluated', ...part })
const gateway = (part: Partial<ActivityEvent>) =>
  makeEvent({ httpRequestId: 'r', layer: 'gateway', product: 'agenttrail', tool: 'list_issues', ...part })

describe('partitionViews', () => {
  it('makes one call of the views of one request, in any order of arrival', () => {
    const views = [decision({ eventId: 'd' }), access({ eventId: 'a' }), gateway({ eventId: 'g' })]
    expect(idsOf(views)).toEqual([['a', 'd', 'g']])
    expect(idsOf([...views].reverse())).toEqual([['a', 'd', 'g']])
  })

  it('keeps two users apart that sent the same request id', () => {
    const events = [
      decision({ eventId: 'd1', userId: 'mira' }),
      decision({ eventId: 'd2', userId: 'jonas', timeUs: startUs + 10 }),
      gateway({ eventId: 'g2', userId: 'jonas', timeUs: startUs }),
      gateway({ eventId: 'g1', userId: 'mira', timeUs: startUs + 10 }),
    ]
    expect(idsOf(events)).toEqual([
      ['d1', 'g1'],
      ['d2', 'g2'],
    ])
  })

  it('keeps what the decision service was asked apart from the request before, by its number', () => {
    const session = { httpRequestId: '', mcpSessionId: 'hmac:k:1' }
    const before = gateway({ ...session, eventId: 'g1', product: 'kong', jsonrpcId: '1' })
    const asked = gateway({ ...session, eventId: 'd2', jsonrpcId: '2', timeUs: startUs + secondUs, decision: 'deny' })
    const same = gateway({ ...session, eventId: 'g2', product: 'kong', jsonrpcId: '2', timeUs: startUs + secondUs - 1 })
    expect(idsOf([before, asked])).toEqual([['g1'], ['d2']])
    expect(idsOf([before, same, asked])).toEqual([['g1'], ['d2', 'g2']])
  })

  it('joins a span whose trace links the one of the request, and none that links another', () => {
    const request = gateway({ eventId: 'g', httpRequestId: '', traceId: 't1' })
    const span = (part: Partial<ActivityEvent>) =>
      gateway({ httpRequestId: '', layer: 'server', product: 'files', kind: 'span', traceId: 't2', ...part })
    expect(idsOf([request, span({ eventId: 's', linkedTraceIds: ['t0', 't1'] })])).toEqual([['g', 's']])
    expect(idsOf([span({ eventId: 's' }), { ...request, linkedTraceIds: ['t2'] }])).toEqual([['g', 's']])
    expect(idsOf([request, span({ eventId: 's', linkedTraceIds: ['t0'] })])).toEqual([['g'], ['s']])
    // A link is a claim: it joins nobody with another user's request.
    const foreign = span({ eventId: 's', linkedTraceIds: ['t1'], userId: 'jonas' })
    expect(idsOf([{ ...request, userId: 'mira' }, foreign])).toEqual([['g'], ['s']])
  })

  it('pairs the lines of a reused id by time', () => {
    const later = startUs + 5 * secondUs
    const events = [
      decision({ eventId: 'd1' }),
      decision({ eventId: 'd2', timeUs: later }),
      access({ eventId: 'a2', timeUs: later }),
      access({ eventId: 'a1' }),
    ]
    expect(idsOf(events)).toEqual([
      ['a1', 'd1'],
      ['a2', 'd2'],
    ])
  })

  it('joins at the window and not beyond it', () => {
    const at = (gapUs: number) =>
      idsOf([decision({ eventId: 'd' }), gateway({ eventId: 'g', timeUs: startUs + gapUs })])
    expect(at(10 * secondUs)).toHaveLength(1)
    expect(at(10 * secondUs + 1)).toHaveLength(2)
  })

  it('adds to the window what the clocks cannot tell apart', () => {
    const events = [
      decision({ eventId: 'd', timePrecisionUs: secondUs }),
      gateway({ eventId: 'g', timeUs: startUs + 11 * secondUs }),
    ]
    expect(idsOf(events)).toHaveLength(1)
  })

  it('lets a gateway see another client, but a proxy’s own lines not', () => {
    const before = decision({ eventId: 'd', userAgent: 'claude/1' })
    expect(idsOf([before, gateway({ eventId: 'g', userAgent: 'go-http/2' })])).toHaveLength(1)
    expect(idsOf([before, access({ eventId: 'a', userAgent: 'go-http/2' })])).toHaveLength(2)
  })

  it('joins layers that share only a trace, whatever number each gives the request', () => {
    const events = [
      decision({ eventId: 'd', traceId: 't', httpRequestId: 'r' }),
      gateway({ eventId: 'g', traceId: 't', httpRequestId: '', jsonrpcId: '7' }),
      gateway({ eventId: 's', traceId: 't', httpRequestId: '', jsonrpcId: '0', layer: 'server', product: 'files' }),
    ]
    expect(idsOf(events)).toEqual([['d', 'g', 's']])
    expect(idsOf([events[0], gateway({ eventId: 'g', traceId: 't', httpRequestId: 'other' })] as never)).toHaveLength(2)
  })

  it('takes a tool that a gateway shows under a longer name for the same, and another tool not', () => {
    const exposed = decision({ eventId: 'd', tool: 'github_list_issues' })
    expect(idsOf([exposed, gateway({ eventId: 'g' })])).toHaveLength(1)
    expect(idsOf([exposed, gateway({ eventId: 'g', tool: 'close_issues' })])).toHaveLength(2)
  })

  it('joins layers that share no id by session or principal, and what was asked for, very near in time', () => {
    const before = { httpRequestId: 'r', userId: 'mira', mcpSessionId: 'm' }
    const at = (gapUs: number, part: Partial<ActivityEvent>) =>
      idsOf([
        decision({ eventId: 'd', ...before }),
        gateway({ eventId: 'g', httpRequestId: '', timeUs: startUs + gapUs, ...part }),
      ])
    expect(at(4 * secondUs, { mcpSessionId: 'm' })).toHaveLength(1)
    expect(at(4 * secondUs + 1, { mcpSessionId: 'm' })).toHaveLength(2)
    expect(at(2 * secondUs, { userId: 'mira' })).toHaveLength(1)
    expect(at(2 * secondUs + 1, { userId: 'mira' })).toHaveLength(2)
    expect(at(0, { userId: 'jonas' })).toHaveLength(2)
    expect(at(0, { userId: 'mira', tool: 'get_issue' })).toHaveLength(2)
    expect(at(0, {})).toHaveLength(2)
    // What the proxy refused went no further, unless an id says that it did.
    const refused = decision({ eventId: 'd', ...before, decision: 'deny' })
    expect(idsOf([refused, gateway({ eventId: 'g', httpRequestId: '', userId: 'mira' })])).toHaveLength(2)
    expect(idsOf([refused, gateway({ eventId: 'g', userId: 'mira' })])).toHaveLength(1)
  })

  it('lets the surest pair join first', () => {
    const events = [
      decision({ eventId: 'd1', httpRequestId: 'r1', mcpSessionId: 'm' }),
      decision({ eventId: 'd2', httpRequestId: 'r2', mcpSessionId: 'm', timeUs: startUs + 3 * secondUs }),
      gateway({ eventId: 'g2', httpRequestId: 'r2', mcpSessionId: 'm', timeUs: startUs }),
      gateway({ eventId: 'g1', httpRequestId: '', mcpSessionId: 'm', timeUs: startUs + 3 * secondUs }),
    ]
    expect(idsOf(events)).toEqual([
      ['d1', 'g1'],
      ['d2', 'g2'],
    ])
  })

  it('gives a view without a principal to neither of two users who chose the same id', () => {
    const mine = decision({ eventId: 'd1', userId: 'mira', clientAddress: '198.51.100.1' })
    const yours = decision({ eventId: 'd2', userId: 'jonas', clientAddress: '198.51.100.2' })
    const span = gateway({ eventId: 'g', jsonrpcId: '1' })
    expect(idsOf([mine, yours, span])).toEqual([['d1'], ['d2'], ['g']])
    expect(idsOf([mine, span])).toEqual([['d1', 'g']])
    // What no client chooses decides.
    expect(idsOf([mine, yours, access({ eventId: 'a', clientAddress: '198.51.100.2' })])).toEqual([['d1'], ['a', 'd2']])
  })
})
