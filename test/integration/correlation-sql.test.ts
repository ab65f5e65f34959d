import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CallFact } from '../../src/detect/call-fact.ts'
import type { Finding } from '../../src/detect/finding.ts'
import { findingsOf } from '../../src/detect/run-rule-tests.ts'
import { makeFact } from '../fakes/call-facts.ts'
import { callOfFact } from '../fakes/call-of-fact.ts'
import { findingText, historyFindings } from '../fakes/history-findings.ts'
import { ruleOf } from '../fakes/rules.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'
import { Random } from '../simulation/random.ts'

/** The calls of four tools, and any call. */
const detections = ['a', 'b', 'c', 'd']
  .map((tool) => detection(tool, `tool: ${tool}`))
  .concat(detection('any', 'tool|exists: true'))
  .join('')

function detection(name: string, test: string): string {
  return `---
title: ${name}
name: ${name}
logsource: { category: agent_activity }
detection:
  selection: { ${test} }
  condition: selection
`
}

/** An inner correlation of the chained ones. */
const inner = (name: string, keys: string): string => `---
title: ${name}
name: ${name}
correlation: { ${keys} }
`

const correlations: Readonly<Record<string, string>> = {
  count: '{ type: event_count, rules: [a], timespan: 20s, condition: { gte: 3 } }',
  countOfTwo: '{ type: event_count, rules: [a, b], group-by: [server], timespan: 20s, condition: { gt: 3, lte: 6 } }',
  countAtMost: '{ type: event_count, rules: [a], timespan: 10s, condition: { lt: 2 } }',
  distinct: '{ type: value_count, rules: [any], timespan: 20s, condition: { field: tool, gte: 4 } }',
  distinctPairs: '{ type: value_count, rules: [any], timespan: 15s, condition: { field: [server, tool], eq: 3 } }',
  distinctUnknown:
    '{ type: value_count, rules: [any], group-by: [tool], timespan: 20s, condition: { field: resource, gte: 2 } }',
  distinctList: '{ type: value_count, rules: [any], timespan: 20s, condition: { field: disagreements, gte: 2 } }',
  sum: '{ type: value_sum, rules: [any], timespan: 20s, condition: { field: durationMs, gte: 6.5 } }',
  sumOfText: '{ type: value_sum, rules: [a, b], timespan: 30s, condition: { field: jsonrpcId, lt: -1.25 } }',
  average: '{ type: value_avg, rules: [any], timespan: 20s, condition: { field: durationMs, gt: 1.75 } }',
  percentile:
    '{ type: value_percentile, rules: [any], timespan: 30s, condition: { field: durationMs, percentile: 75, gte: 2.5 } }',
  together: '{ type: temporal, rules: [a, b, c], timespan: 8s }',
  togetherBut: '{ type: temporal, rules: [a, b, c], timespan: 8s, condition: "a and (b or not c)" }',
  several: '{ type: temporal, rules: [a, b, c, d], timespan: 6s, condition: { gte: 3 } }',
  aliased:
    '{ type: temporal, rules: [a, b], timespan: 20s, group-by: [who], aliases: { who: { a: user.id, b: resource, d: user.id } } }',
  ordered: '{ type: temporal_ordered, rules: [a, b], timespan: 8s }',
  orderedThree: '{ type: temporal_ordered, rules: [a, b, c], timespan: 20s }',
  orderedSame: '{ type: temporal_ordered, rules: [a, any], timespan: 8s }',
  orderedBroken: '{ type: temporal_ordered, rules: [a, b], timespan: 20s, between: { without: [c, d] } }',
  newValue:
    '{ type: new_value, rules: [any], group-by: [agent], field: tool, lookback: 90s, warm-up: 20s, timespan: 10s }',
  newPair:
    '{ type: new_value, rules: [any], group-by: [agent], field: [server, resource], lookback: 100s, warm-up: 20s, timespan: 10s }',
  baseline:
    '{ type: baseline, rules: [any], group-by: [agent], timespan: 10s, lookback: 60s, buckets-min: 2, deviations: 1, condition: { gte: 2 } }',
  baselineOfValues:
    '{ type: baseline, rules: [any], group-by: [agent], timespan: 10s, lookback: 60s, buckets-min: 2, deviations: 0.5, field: tool }',
  absence: '{ type: absence, rules: [a, b], timespan: 10s }',
  chained: '{ type: event_count, rules: [twice], timespan: 30s, condition: { gte: 3 } }',
  chainedMixed: '{ type: temporal_ordered, rules: [twice, c], timespan: 10s, group-by: [server] }',
  chainedOrdered: '{ type: temporal, rules: [then, twice, d], timespan: 15s }',
}

const severities = `  severity:
    - { level: high, gte: 4 }
    - { level: critical, rules: [d] }
`

const ruleFor = (name: string) =>
  ruleOf(`title: ${name}
name: ${name}
level: low
correlation: ${correlations[name]}
agenttrail:
  sentence: "{who} did {count} in {timespan}: {tool} {disagreements}[ for {user.id}]."
${severities}${inner('twice', 'type: event_count, rules: [a], group-by: [server, user.id], timespan: 10s, condition: { gte: 2 }')}${inner('then', 'type: temporal_ordered, rules: [a, b], group-by: [agent], timespan: 10s')}${detections}`)

/** Of a baseline of values the stream names more or fewer calls, by when they became final. */
const idText = ({ id, severity, timeUs }: Finding): string => JSON.stringify([id, severity, timeUs])

const second = 1_000_000
const seeds = Array.from({ length: 20 }, (_, seed) => seed + 1)

/** A few minutes of two agents; many calls are of equal time. */
const callsOf = (seed: number): readonly CallFact[] => {
  const random = new Random(seed)
  const precisionUs = random.pick([second, second, 500_000, 7])
  const spanUs = random.pick([60, 200]) * second
  return Array.from({ length: 80 }, (_, at) =>
    makeFact({
      id: `call-${String(random.between(0, 1000)).padStart(3, '0')}-${at}`,
      realm: `seed-${seed}`,
      timeUs: 1_764_000_000 * second + Math.floor(random.between(0, spanUs) / precisionUs) * precisionUs,
      tool: random.pick(['a', 'a', 'b', 'c', 'd', 'e', '']),
      server: random.pick(['one', 'two']),
      resource: random.pick(['', 'mira', 'jonas']),
      agentId: random.pick(['agent-1', 'agent-1', 'agent-2']),
      userId: random.pick(['mira', 'mira', 'jonas']),
      userEmail: '',
      sessionId: random.pick(['s1', 's2', '']),
      durationUs: random.pick([null, 500, 1000, 1750, 2500, 3001]),
      jsonrpcId: random.pick(['', '1', '-0.5', '-1.1234567', 'x', ' 2.25 ']),
      disagreements: random.pick([[], ['one'], ['one', 'two']]),
    }),
  ).sort((a, b) => a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1))
}

/*
 * Goal: every type of correlation finds over stored calls what it finds in the stream, down to proof and wording.
 * Method: twenty random histories with many calls of equal time, each in a realm of its own.
 */
describe('correlations over stored calls', () => {
  const histories = seeds.map(callsOf)
  let store: TestStore
  beforeAll(async () => {
    store = await openTestStore()
    await store.store((sink) => {
      for (const calls of histories) for (const call of calls) sink.call(callOfFact(call), 1)
    })
  }, 60_000)
  afterAll(() => store.close())

  it.each(Object.keys(correlations))(
    '%s',
    async (name) => {
      const rule = ruleFor(name)
      const stream = histories.flatMap((calls) => findingsOf(rule, calls))
      const history = await historyFindings(
        store.client,
        rule,
        seeds.map((seed) => `seed-${seed}`),
      )
      const textOf = name === 'baselineOfValues' ? idText : findingText
      expect(history.map(textOf).sort()).toEqual(stream.map(textOf).sort())
      expect(stream.length).toBeGreaterThan(5)
    },
    60_000,
  )
})
