import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyser } from '../../src/analyse/analyser.ts'
import type { DecodedRecord } from '../../src/analyse/decode.ts'
import type { CallRow } from '../../src/correlate/rows.ts'
import { parseRules } from '../../src/detect/parse-rules.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import type { ActivityEvent } from '../../src/event/event.ts'
import type { BatchEntry } from '../../src/log/entry.ts'
import { findingText, historyFindings } from '../fakes/history-findings.ts'
import { activationOf, shippedRules } from '../fakes/rules.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'
import { Random } from '../simulation/random.ts'
import { makeRuleTraffic } from '../simulation/rule-traffic.ts'

const seeds = Array.from({ length: process.env['AGENTTRAIL_LONG'] === undefined ? 5 : 100 }, (_, at) => at + 1)
const { rules } = parseRules(shippedRules())
/** Below the bound, so that nothing is late. */
const delayMaxUs = 90_000_000
const batchSpanUs = 10_000_000
const dayMs = 24 * 3600 * 1000

/*
 * Goal: for every shipped rule, the final findings of the stream are the findings of its SQL over the calls it stored.
 * Method: generated traffic, shuffled within the lateness bound and partly delivered twice, goes through the analyser into
 * the real engine, a realm for each seed; then each rule's query runs over all realms.
 */
describe('stream and history', () => {
  const stream: FindingRow[] = []
  let store: TestStore
  beforeAll(async () => {
    store = await openTestStore()
    for (const seed of seeds) {
      const { calls, findings } = analyse(seed)
      stream.push(...findings)
      await store.store((sink) => {
        for (const { row, sign } of calls) sink.call(row, sign)
      })
    }
  }, 600_000)
  afterAll(() => store.close())

  it.each(rules.map((rule) => rule.id))(
    '%s finds the same',
    async (id) => {
      const rule = rules.find((each) => each.id === id) as (typeof rules)[number]
      const history = await historyFindings(store.client, rule, seeds.map(realmOf))
      const wanted = stream.filter((finding) => finding.ruleId === id && finding.state === 'final')
      expect(history.map(findingText).sort()).toEqual(wanted.map(findingText).sort())
    },
    120_000,
  )

  it('is shown by traffic that sets every rule off', () => {
    const seen = new Set(stream.filter(({ state }) => state === 'final').map((finding) => finding.ruleId))
    expect(rules.filter((rule) => !seen.has(rule.id)).map((rule) => rule.id)).toEqual([])
  })
})

const realmOf = (seed: number): string => `seed-${seed}`

interface Delivery {
  readonly atUs: number
  readonly event: ActivityEvent
}

const analyse = (seed: number) => {
  const random = new Random(seed)
  const events = makeRuleTraffic(rules, { random, realm: realmOf(seed) })
  const calls: { readonly row: CallRow; readonly sign: 1 | -1 }[] = []
  const findings = new Map<string, FindingRow>()
  const nothing = (): void => undefined
  const analyser = new Analyser({
    decode,
    sink: {
      event: nothing,
      payload: nothing,
      deadLetter: nothing,
      call: (row, sign) => calls.push({ row, sign }),
      session: nothing,
      finding: (row, sign) => sign === 1 && findings.set(row.id, row),
      action: nothing,
      command: nothing,
    },
    onEffect: nothing,
  })
  const apply = (entry: Parameters<Analyser['apply']>[1]): void => analyser.apply(analyser.position + 1, entry)
  apply(activationOf(analyser.activation, ...shippedRules()))
  let endMs = 0
  for (const { atMs, batches } of deliveriesOf(events, random)) {
    endMs = atMs
    apply({ kind: 'tick', timeMs: atMs })
    for (const batch of batches) apply(batch)
    if (random.chance(0.2)) apply({ kind: 'mark' })
  }
  for (let day = 1; day <= 3; day += 1) apply({ kind: 'tick', timeMs: endMs + day * dayMs })
  apply({ kind: 'mark' })
  expect(analyser.records['simulated']?.stored).toBe(events.length)
  expect(calls.filter(({ row }) => row.isLateChanged)).toEqual([])
  return { calls, findings: [...findings.values()] }
}

/** Batches of one source in the order in which delayed events arrive; some come twice. */
const deliveriesOf = (events: readonly ActivityEvent[], random: Random) => {
  const arrivals = events
    .map((event): Delivery => ({ event, atUs: event.timeUs + random.between(0, delayMaxUs) }))
    .sort((a, b) => a.atUs - b.atUs)
  const groups = new Map<number, Delivery[]>()
  for (const arrival of arrivals) {
    const slot = Math.floor(arrival.atUs / batchSpanUs)
    groups.set(slot, [...(groups.get(slot) ?? []), arrival])
  }
  return [...groups].map(([slot, group]) => {
    const atMs = ((slot + 1) * batchSpanUs) / 1000
    const sources = [...new Set(group.map(({ event }) => event.source))]
    const batches = sources.map((source) => {
      const own = group.filter(({ event }) => event.source === source).map(({ event }) => event)
      return batchOf(random.shuffle(own), { batchId: `${source}-${slot}`, atMs })
    })
    const again = batches.filter(() => random.chance(0.1))
    return { atMs, batches: [...batches, ...again] }
  })
}

const batchOf = (
  events: readonly ActivityEvent[],
  { batchId, atMs }: { readonly batchId: string; readonly atMs: number },
): BatchEntry => ({
  kind: 'batch',
  realm: events[0]?.realm ?? '',
  source: events[0]?.source ?? '',
  format: 'simulated',
  transport: 'simulated',
  identity: 'batch',
  batchId,
  baseOffset: 0,
  firstOrdinal: 0,
  records: events.length,
  part: 0,
  parts: 1,
  isBackfill: false,
  receivedMs: atMs,
  body: Buffer.from(JSON.stringify(events)),
})

const decode = (batch: BatchEntry): DecodedRecord[] =>
  (JSON.parse(Buffer.from(batch.body).toString()) as ActivityEvent[]).map((event, ordinal) => ({
    recordId: event.eventId,
    ordinal,
    sourcePosition: event.sourcePosition,
    format: 'simulated',
    outcome: 'ok',
    reason: '',
    events: [event],
    vendorId: event.eventId,
    raw: '',
    rawBytes: 0,
    recordHash: '',
  }))
