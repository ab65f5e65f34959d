import { describe, expect, it } from 'vitest'
import type { Call } from '../../../src/correlate/call.ts'
import { Correlator } from '../../../src/correlate/correlator.ts'
import type { ActivityEvent } from '../../../src/event/event.ts'
import { makeEvent, secondUs } from '../../fakes/events.ts'

const startUs = makeEvent().timeUs
const tickMs = startUs / 1000

const makeCorrelator = (
  onCall: (call: Call) => void = () => undefined,
  onFinal: (call: Call) => void = () => undefined,
) => {
  const calls = new Map<string, Call>()
  const correlator = new Correlator({
    realm: 'default',
    sessionsMax: 1_000,
    rememberedMax: 10,
    onCall: (call) => {
      calls.set(call.id, call)
      onCall(call)
    },
    onGone: (call) => calls.delete(call.id),
    onFinal,
    onSessionRetired: () => undefined,
  })
  const add = (part: Partial<ActivityEvent>, horizonUs = 0): void =>
    correlator.add(makeEvent(part), { tickMs, horizonUs })
  const groups = (): string[][] => [...calls.values()].map((call) => call.views.map((view) => view.eventId)).sort()
  const finalise = (): boolean => correlator.finalise({ horizonUs: startUs + 600 * secondUs, callsMax: 1_000 })
  return { correlator, calls, add, groups, finalise }
}

const access = { kind: 'access', method: '', decision: 'not_evaluated' } as const

describe('Correlator', () => {
  it('looks at no more than so many calls together, and at the honest ones beside a flood of one id', () => {
    const { correlator, add, groups } = makeCorrelator()
    for (let at = 0; at < 1_000; at += 1) {
      add({ eventId: `m${at}`, userId: 'mallory', httpRequestId: 'same', timeUs: startUs + at * 1_000 })
    }
    add({ eventId: 'd', userId: 'mira', httpRequestId: 'r' })
    correlator.flush(tickMs)
    add({ eventId: 'a', httpRequestId: 'r', ...access })
    correlator.flush(tickMs)
    expect(groups()).toHaveLength(1_001)
    expect(groups()).toContainEqual(['d', 'a'])
    expect(correlator.sharedIdOverflows).toBeGreaterThan(0)
  })

  it('keeps nothing of what is final and has all its layers, whatever ids it shared', () => {
    const { correlator, add, finalise } = makeCorrelator()
    for (let at = 0; at < 50; at += 1) {
      const request = { httpRequestId: 'same', userId: 'mira', authSessionId: 'l', timeUs: startUs + at * secondUs }
      add({ ...request, traceId: `t${at}` })
      add({ ...request, ...access, traceId: `t${at}` })
      add({ ...request, httpRequestId: '', layer: 'gateway', product: 'gate', traceId: `t${at}` })
    }
    correlator.flush(tickMs)
    expect(correlator.calls.live.size).toBe(50)
    finalise()
    correlator.expire({ tickMs, horizonUs: startUs + 600 * secondUs, rememberMs: 0 })
    expect(correlator.calls.table.size).toBe(0)
    expect(correlator.calls.index.size).toBe(0)
  })

  it('finds the layers of calls from before a second hop showed', () => {
    const { correlator, add, groups } = makeCorrelator()
    add({ eventId: 'd', httpRequestId: 'r', traceId: 't' })
    correlator.flush(tickMs)
    add({ eventId: 'g', layer: 'gateway', product: 'gate', traceId: 't' })
    correlator.flush(tickMs)
    expect(groups()).toEqual([['d', 'g']])
  })

  it('finds a call by the trace that a span links, whichever of them comes first', () => {
    const request = { layer: 'gateway', product: 'gate', eventId: 'g', traceId: 't1' } as const
    const span = { layer: 'server', product: 'files', kind: 'span', eventId: 's', traceId: 't2' } as const
    const linked = { ...span, linkedTraceIds: ['t1'] }
    for (const order of [
      [request, linked],
      [linked, request],
    ]) {
      const { correlator, add, groups } = makeCorrelator()
      for (const part of order) {
        add(part)
        correlator.flush(tickMs)
      }
      expect(groups()).toEqual([['g', 's']])
    }
  })

  it('tells of a call that lacks a usual layer before the call is final', () => {
    const told: string[] = []
    const { correlator, add, finalise } = makeCorrelator((call) => {
      if (call.absences.length > 0) told.push(`${call.id} ${call.absences.join()} ${call.isFinal}`)
    })
    for (let at = 0; at < 20; at += 1) {
      const request = { httpRequestId: `r${at}`, timeUs: startUs + at, server: 'files' }
      add(request)
      add({ ...request, layer: 'gateway', product: 'gate' })
    }
    add({ eventId: 'b', layer: 'gateway', product: 'gate', server: 'files', timeUs: startUs + 60 * secondUs })
    correlator.flush(tickMs)
    finalise()
    expect(told).toEqual(['b bypassed_proxy false'])
  })

  it('remembers final calls that lack a layer up to the bound, and counts those it gives up', () => {
    const { correlator, add, calls, finalise } = makeCorrelator()
    for (let at = 0; at < 15; at += 1) add({ eventId: `d${at}`, httpRequestId: `r${at}`, timeUs: startUs + at })
    correlator.flush(tickMs)
    finalise()
    const horizonUs = startUs + 600 * secondUs
    correlator.expire({ tickMs, horizonUs, rememberMs: 3_600_000 })
    expect(correlator.remembered.forgotten).toBe(5)
    add({ eventId: 'late', httpRequestId: 'r14', ...access }, horizonUs)
    correlator.flush(tickMs)
    expect(calls.get('d14')?.views.map((view) => view.eventId)).toEqual(['d14', 'late'])
    add({ eventId: 'too-late', httpRequestId: 'r0', ...access }, horizonUs)
    correlator.flush(tickMs)
    expect(calls.get('d0')?.views).toHaveLength(1)
  })

  it('makes the oldest calls final where more are live than the bound, and nothing that comes now late', () => {
    const final: string[] = []
    const { correlator, add, calls } = makeCorrelator(
      () => undefined,
      (call) => final.push(call.id),
    )
    // Three a second, as of a clock that tells only seconds.
    for (let at = 0; at < 12; at += 1) {
      const timeUs = startUs + Math.floor(at / 3) * secondUs
      add({ eventId: `d${String(at).padStart(2, '0')}`, httpRequestId: `r${at}`, timeUs })
    }
    correlator.flush(tickMs)
    expect(correlator.finalise({ horizonUs: startUs - 120 * secondUs, callsMax: 8 })).toBe(true)
    expect(final).toEqual(['d00', 'd01', 'd02', 'd03'])
    // Two calls of its second are live still.
    expect(correlator.finalThroughUs).toBe(startUs + secondUs - 1)
    add({ eventId: 'now', httpRequestId: 'r12', timeUs: startUs + 4 * secondUs })
    add({ eventId: 'a3', httpRequestId: 'r3', timeUs: startUs + 2 * secondUs, ...access })
    correlator.flush(tickMs)
    expect(correlator.lateEvents).toBe(0)
    expect(calls.get('now')?.isOrphan).toBe(false)
    expect(calls.get('d03')?.views.map((view) => view.eventId)).toEqual(['d03', 'a3'])
    add({ eventId: 'old', httpRequestId: 'r13', timeUs: startUs })
    correlator.flush(tickMs)
    expect(correlator.lateEvents).toBe(1)
    expect(calls.get('old')?.isOrphan).toBe(true)
  })

  it('takes nothing of the calls that are not due while fewer are live than the bound', () => {
    const { correlator, add } = makeCorrelator()
    for (let at = 0; at < 5; at += 1)
      add({ eventId: `d${at}`, httpRequestId: `r${at}`, timeUs: startUs + at * 500_000 })
    correlator.flush(tickMs)
    const horizonUs = startUs + 12 * secondUs + 600_000
    expect(correlator.finalise({ horizonUs, callsMax: 5 })).toBe(false)
    expect(correlator.calls.live.size).toBe(3)
    expect(correlator.finalThroughUs).toBe(startUs + 600_000)
  })
})
