import { expect, it } from 'vitest'
import { plain, simulate, type Treatment, trafficOf } from './simulate.ts'
import type { Simulator } from './simulator.ts'
import { storedResult } from './stored-result.ts'
import type { Traffic } from './traffic.ts'

const seeds = Number(process.env['AGENTTRAIL_SEEDS'] ?? (process.env['AGENTTRAIL_LONG'] === undefined ? 20 : 500))
const firstSeed = Number(process.env['AGENTTRAIL_SEED'] ?? 1)

const rough = (seed: number): Treatment => ({
  seed,
  disorderSeconds: 90,
  crashProbability: 0.06,
  redeliverProbability: 0.1,
  storeAwayProbability: 0.1,
  snapshotProbability: 0.05,
  logBytesMax: 384 * 1024,
})

/** Every acknowledged record ended in exactly one way, and each once as stored. */
const expectBalanced = (simulator: Simulator, traffic: Traffic): void => {
  const counts = simulator.analyser.records['simulated']
  expect(counts).toBeDefined()
  const total = counts === undefined ? 0 : counts.stored + counts.ignored + counts.duplicate + counts.rejected
  expect(total).toBe(simulator.acknowledged)
  expect(counts?.stored).toBe(traffic.events.length)
}

/**
 * The simulation's tests, in two halves so that two processes share them. `AGENTTRAIL_SEED=n AGENTTRAIL_SEEDS=1` repeats
 * one.
 */
export const describeSeeds = (parity: 'even' | 'odd'): void => {
  const all = Array.from({ length: seeds }, (_, at) => firstSeed + at)
  const own = all.filter((seed) => (seed % 2 === 0 ? 'even' : 'odd') === parity)
  if (own.length === 0) it.skip('has no seed in this run')
  it.each(own)('seed %i: order, repetition and crashes change nothing', checkSeed)
}

const checkSeed = async (seed: number): Promise<void> => {
  const traffic = trafficOf(seed)
  const wanted = storedResult((await simulate(traffic, plain)).store)
  expect(wanted.events).toHaveLength(traffic.events.length)
  expect(wanted.findings.length).toBeGreaterThan(0)

  const shuffled = await simulate(traffic, rough(seed))
  const got = storedResult(shuffled.store)
  expect(got.events).toEqual(wanted.events)
  expect(got.calls).toEqual(wanted.calls)
  expect(got.sessions).toEqual(wanted.sessions)
  expect(got.findings).toEqual(wanted.findings)
  expectBalanced(shuffled, traffic)
  expect(shuffled.crashes).toBeGreaterThan(0)
}
