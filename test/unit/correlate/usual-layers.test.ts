import { describe, expect, it } from 'vitest'
import { createCall, setFacts } from '../../../src/correlate/call.ts'
import { factsOf } from '../../../src/correlate/call-facts.ts'
import { callRow, writtenOf } from '../../../src/correlate/call-row.ts'
import { Logins } from '../../../src/correlate/logins.ts'
import { Standings } from '../../../src/correlate/standings.ts'
import { UsualLayers } from '../../../src/correlate/usual-layers.ts'
import { ViewPool } from '../../../src/correlate/view-pool.ts'
import type { ActivityEvent, Layer } from '../../../src/event/event.ts'
import { makeEvent } from '../../fakes/events.ts'

const pool = new ViewPool()
const standings = new Standings({ realm: 'default', logins: new Logins() })

/** A call of one server as these layers saw it. */
const callOf = (layers: readonly Layer[], part: Partial<ActivityEvent> = {}) => {
  const views = layers.map((layer) => pool.viewOf(makeEvent({ layer, product: layer, server: 'files', ...part })))
  const call = createCall('call', views, { realm: 'default', tickMs: 0 })
  setFacts(call, factsOf(views, { pool, standings }))
  return call
}

const learned = (calls: number, layers: readonly Layer[]): UsualLayers => {
  const usual = new UsualLayers()
  for (let at = 0; at < calls; at += 1) usual.judge(callOf(layers))
  return usual
}

describe('UsualLayers', () => {
  it('misses what is usual, each layer by its name', () => {
    const usual = learned(20, ['proxy', 'gateway', 'trace'])
    expect(usual.judge(callOf(['gateway', 'trace']))).toEqual(['bypassed_proxy'])
    expect(usual.judge(callOf(['proxy', 'trace']))).toEqual(['no_gateway_decision'])
    expect(usual.judge(callOf(['trace']))).toEqual(['span_without_log'])
    expect(usual.judge(callOf(['proxy', 'gateway', 'trace']))).toEqual([])
  })

  it('misses nothing where too little was seen, nor of another server', () => {
    expect(learned(19, ['proxy', 'gateway']).judge(callOf(['gateway']))).toEqual([])
    expect(learned(50, ['proxy', 'gateway']).judge(callOf(['gateway'], { server: 'mail' }))).toEqual([])
    expect(learned(50, ['gateway']).judge(callOf(['gateway']))).toEqual([])
  })

  it('expects nobody behind a refusal, but somebody before it', () => {
    const usual = learned(20, ['proxy', 'gateway'])
    expect(usual.judge(callOf(['proxy'], { decision: 'deny' }))).toEqual([])
    expect(usual.judge(callOf(['gateway'], { decision: 'deny' }))).toEqual(['bypassed_proxy'])
  })

  it('awaits what is usual until it is there, and nobody behind a refusal', () => {
    const usual = learned(20, ['proxy', 'gateway'])
    expect(usual.isAwaited(callOf(['proxy']))).toBe(true)
    expect(usual.isAwaited(callOf(['proxy', 'gateway']))).toBe(false)
    expect(usual.isAwaited(callOf(['proxy'], { decision: 'deny' }))).toBe(false)
    expect(usual.isAwaited(callOf(['proxy'], { server: 'mail' }))).toBe(false)
  })

  it('gets used to a new way', () => {
    const usual = learned(100, ['proxy', 'gateway'])
    for (let at = 0; at < 15; at += 1) usual.judge(callOf(['gateway']))
    expect(usual.judge(callOf(['gateway']))).toEqual([])
  })

  it('tells with the row what a call lacked and what its layers disagree on', () => {
    const call = callOf(['proxy', 'gateway'], { decision: 'deny' })
    call.absences = ['span_without_log']
    expect(callRow(call, writtenOf(call, 1, 0)).disagreements).toEqual([
      'reached_upstream_after_deny',
      'span_without_log',
    ])
  })
})
