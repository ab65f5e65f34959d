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
})
