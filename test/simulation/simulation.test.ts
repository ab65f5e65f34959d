import { describe, expect, it } from 'vitest'
import { plain, simulate, trafficOf } from './simulate.ts'

const seeds = Number(process.env['AGENTTRAIL_SEEDS'] ?? (process.env['AGENTTRAIL_LONG'] === undefined ? 20 : 500))
const firstSeed = Number(process.env['AGENTTRAIL_SEED'] ?? 1)

/*
 * Goal: the same records end in the same events, calls, sessions and final findings, whatever happens on the way.
 * Method: run them in order with nothing failing, then shuffled within the lateness bound, redelivered, with crashes at
 * any step, snapshots older than the store and a store that comes and goes; compare what a reader of the store sees.
 */
describe('simulation', () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed += 1) {
    it(`seed ${seed}: order, repetition and crashes change nothing`, () => {
      const traffic = trafficOf(seed)
      const expected = simulate(traffic, plain)
      const wanted = expected.result()
      expect(wanted.events).toHaveLength(traffic.events.length)
      expect(wanted.findings.length).toBeGreaterThan(0)

      const shuffled = simulate(traffic, {
        seed,
        disorderSeconds: 90,
        crashProbability: 0.1,
        redeliverProbability: 0.1,
        storeAwayProbability: 0.1,
      })
      const got = shuffled.result()
      expect(got.events).toEqual(wanted.events)
      expect(got.calls).toEqual(wanted.calls)
      expect(got.sessions).toEqual(wanted.sessions)
      expect(got.findings).toEqual(wanted.findings)

      // Every acknowledged record ended in exactly one way.
      const counts = shuffled.analyser.records['simulated']
      expect(counts).toBeDefined()
      const total = counts === undefined ? 0 : counts.stored + counts.ignored + counts.duplicate + counts.rejected
      expect(total).toBe(shuffled.acknowledged)
      expect(counts?.stored).toBe(traffic.events.length)
      expect(shuffled.crashes).toBeGreaterThan(0)
    })
  }
})
