import { describe, expect, it } from 'vitest'
import type { FindingRow } from '../../src/detect/rows.ts'
import type { ActivityEvent } from '../../src/event/event.ts'
import { Random } from './random.ts'
import { plain, simulate } from './simulate.ts'
import { type Delivery, Simulator } from './simulator.ts'
import { storedResult } from './stored-result.ts'
import { hastySource, makeTraffic, startUs } from './traffic.ts'

const trafficWith = (options: { readonly aheadSeconds: number }) =>
  makeTraffic(new Random(7), { agents: 8, spanSeconds: 600, silenceSeconds: 0, ...options })

/** In order, ten events of one source a batch. */
const batchesOf = (events: readonly ActivityEvent[]): Delivery[] =>
  ['proxy', 'gateway', hastySource]
    .flatMap((source) => {
      const own = events.filter((event) => event.source === source)
      return Array.from({ length: Math.ceil(own.length / 10) }, (_, at) => own.slice(at * 10, at * 10 + 10))
    })
    .sort((a, b) => timeOf(a) - timeOf(b))
    .map((of, at) => ({ events: of, batchId: `batch-${at}` }))

const timeOf = (events: readonly ActivityEvent[]): number => events.at(-1)?.timeUs ?? 0

/** A tick and what the product does by itself until the next one. */
const pass = async (simulator: Simulator, ms: number): Promise<void> => {
  simulator.nowMs += ms
  await simulator.tick({ isMarkDue: true })
  simulator.run()
  await simulator.dispatch()
  simulator.insert()
  simulator.beginSnapshot()
  await simulator.trim()
}

describe('corners', () => {
  it('stores all that was acknowledged and nothing that was refused, after the store was away until the log was full', async () => {
    const { events } = trafficWith({ aheadSeconds: 0 })
    const simulator = new Simulator({ logBytesMax: 256 * 1024 })
    await simulator.start()
    simulator.nowMs = startUs / 1000
    const acknowledged: string[] = []
    const refused: string[] = []
    simulator.store.isAway = true
    for (const delivery of batchesOf(events)) {
      // The store comes back once a third was turned away.
      if (refused.length * 3 > events.length) simulator.store.isAway = false
      const ids = delivery.events.map((event) => event.eventId)
      if (await simulator.deliver(delivery)) acknowledged.push(...ids)
      else refused.push(...ids)
      await pass(simulator, 2_000)
    }
    // Detection needs no store, and neither do its actions.
    expect(simulator.analyser.realms.get('default')?.detector.findings.size).toBeGreaterThan(0)
    expect(refused.length).toBeGreaterThan(events.length / 3)
    // There was room again after the store was back.
    expect(acknowledged).toContain(events.at(-1)?.eventId)
    for (let minute = 0; minute < 10; minute += 1) await pass(simulator, 60_000)
    const stored = storedResult(simulator.store).events.map((event) => JSON.parse(event).eventId)
    expect(stored.sort()).toEqual(acknowledged.sort())
    expect(simulator.analyser.records['simulated']?.stored).toBe(simulator.acknowledged)
  })

  it('lets a clock that is an hour ahead make nobody late', async () => {
    const { aheadUs, events } = trafficWith({ aheadSeconds: 3600 })
    const isAhead = (event: ActivityEvent): boolean => event.source === hastySource
    // For five minutes it is the only one who speaks, so that time is its alone to tell.
    const isQuiet = ({ timeUs }: ActivityEvent): boolean => timeUs > startUs + 120e6 && timeUs < startUs + 420e6
    const traffic = { aheadUs, events: events.filter((event) => isAhead(event) || !isQuiet(event)) }
    expect(traffic.events.filter(isAhead).length).toBeGreaterThan(20)
    const { analyser, store } = await simulate(traffic, { ...plain, disorderSeconds: 90 })
    expect(analyser.realms.get('default')?.correlator.lateEvents).toBe(0)
    const wanted = await simulate(traffic, plain)
    expect(storedResult(store)).toEqual(storedResult(wanted.store))
  })

  it('makes findings final by ticks alone when all sources fall silent', async () => {
    const { events } = trafficWith({ aheadSeconds: 0 })
    const simulator = new Simulator({ logBytesMax: Number.MAX_SAFE_INTEGER })
    await simulator.start()
    for (const delivery of batchesOf(events)) {
      await simulator.deliver(delivery)
      await pass(simulator, Math.max(0, timeOf(delivery.events) / 1000 + 1_000 - simulator.nowMs))
    }
    const states = (): string[] => simulator.store.current<FindingRow>('findings').map(({ state }) => state)
    expect(states()).toContain('provisional')
    // A minute until the sources count as silent, the bound behind the tick, and the bound behind the watermark.
    for (let second = 0; second <= 60 + 120 + 120; second += 10) await pass(simulator, 10_000)
    expect(states()).not.toContain('provisional')
    expect(states()).toContain('final')
  })
})
