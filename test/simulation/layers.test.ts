import { afterAll, describe, expect, it } from 'vitest'
import { type Analysis, analyseWorld, plain, shuffled } from './layers/analyse-world.ts'
import { callOracle } from './layers/call-oracle.ts'
import { asSets, groupingsOf, judge, mergesAcrossPrincipals, truthAsSets, type Verdict } from './layers/judge.ts'
import { type Scenario, type ScenarioPromise, scenarios } from './layers/scenario.ts'
import { ScoreTable } from './layers/score-table.ts'
import { sessionOracle } from './layers/session-oracle.ts'
import { makeWorld, type World } from './layers/world.ts'

/** Where the truth itself is the measure a single wrong seed is a defect, so those get more. */
const seedsOf = ({ promises }: Scenario): number => {
  const few = promises.includes('truth') ? 5 : 2
  return Number(process.env['AGENTTRAIL_SEEDS'] ?? (process.env['AGENTTRAIL_LONG'] === undefined ? few : 200))
}
const firstSeed = Number(process.env['AGENTTRAIL_SEED'] ?? 1)
const table = new ScoreTable()
const shownMax = 5

/*
 * Goal: every layer's records become the calls that were made and the sessions they were made in, whatever the order.
 * Method: traffic with known truth through four layers with clocks of their own; its lines go through decoding and
 * analysis, in order and once, then shuffled within the lateness bound and partly twice. Where the fields suffice the
 * rows equal the truth; elsewhere pairs are counted, beside what an oracle makes of the same fields.
 */
describe.each(scenarios)('layers: $name', (scenario) => {
  for (let seed = firstSeed; seed < firstSeed + seedsOf(scenario); seed += 1) {
    it(`seed ${seed}`, () => {
      const world = makeWorld(scenario, seed)
      const inOrder = analyseWorld(world, plain)
      const outOfOrder = analyseWorld(world, shuffled)
      expectAllRead(world, inOrder)
      expectAllRead(world, outOfOrder)
      expect(outOfOrder.counts.duplicate).toBeGreaterThan(0)
      const verdict = judge(world, groupingsOf(world, inOrder))
      const oracle = judge(world, { calls: callOracle(world, inOrder), sessions: sessionOracle(world, inOrder) })
      table.add(scenario.name, verdict, oracle)
      expectPromises({ scenario, world, inOrder, outOfOrder })
      expectNear(scenario, verdict, oracle)
    })
  }
})

afterAll(() => void process.stdout.write(`${table.text()}\n`))

const expectAllRead = (world: World, { counts, lateEvents }: Analysis): void => {
  expect(counts.stored).toBe(world.records.length)
  expect(counts.rejected).toBe(0)
  expect(lateEvents).toBe(0)
}

const expectPromises = (of: {
  readonly scenario: Scenario
  readonly world: World
  readonly inOrder: Analysis
  readonly outOfOrder: Analysis
}): void => {
  const seen = asSets(of.inOrder)
  if (isDue(of.scenario, 'order')) expectSame(asSets(of.outOfOrder), seen)
  if (isDue(of.scenario, 'truth')) expectSame(seen, truthAsSets(of.world))
  if (!isDue(of.scenario, 'principals')) return
  for (const analysis of [of.inOrder, of.outOfOrder]) {
    expect(mergesAcrossPrincipals(of.world, analysis).slice(0, shownMax)).toEqual([])
  }
}

/** A difference shows by a few examples: thousands of records say nothing. */
const expectSame = (got: ReturnType<typeof asSets>, wanted: ReturnType<typeof asSets>): void => {
  for (const kind of ['calls', 'sessions'] as const) {
    const wantedOnes = new Set(wanted[kind])
    const gotOnes = new Set(got[kind])
    const shown = (items: readonly string[], others: ReadonlySet<string>): readonly string[] =>
      items.filter((item) => !others.has(item)).slice(0, shownMax)
    expect({ [`${kind} too many`]: shown(got[kind], wantedOnes) }).toEqual({ [`${kind} too many`]: [] })
    expect({ [`${kind} missing`]: shown(wanted[kind], gotOnes) }).toEqual({ [`${kind} missing`]: [] })
  }
}

/** How far the product may stay behind an oracle that has hindsight. */
const expectNear = (scenario: Scenario, verdict: Verdict, oracle: Verdict): void => {
  for (const kind of ['calls', 'sessions'] as const) {
    if (!isDue(scenario, kind === 'calls' ? 'callPairs' : 'sessionPairs')) continue
    const behind = scenario.behindMax[kind]
    expect(verdict[kind].precision).toBeGreaterThanOrEqual(oracle[kind].precision - behind)
    expect(verdict[kind].recall).toBeGreaterThanOrEqual(oracle[kind].recall - behind)
  }
}

const isDue = ({ promises, unmet }: Scenario, promise: ScenarioPromise): boolean =>
  promises.includes(promise) && (process.env['AGENTTRAIL_UNMET'] === '1' || !unmet.includes(promise))
