import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { factFields } from '../../../../src/detect/call-fields.ts'
import { Cursor } from '../../../../src/detect/evaluate/cursor.ts'
import { createTrack, foldFinal } from '../../../../src/detect/evaluate/evaluate.ts'
import type { History } from '../../../../src/detect/evaluate/hold.ts'
import { measuredText } from '../../../../src/detect/evaluate/measured.ts'
import type { Hit } from '../../../../src/detect/hit.ts'
import { nodesOf } from '../../../../src/detect/rule-node.ts'
import { ruleOf } from '../../../fakes/rules.ts'

const second = 1_000_000

const nodeOf = (correlation: string) => {
  const rule = ruleOf(`
title: Tested
name: tested
level: low
correlation: ${correlation}
---
title: First
name: first
logsource: { category: agent_activity }
detection: { selection: { decision: deny }, condition: selection }
---
title: Second
name: second
logsource: { category: agent_activity }
detection: { selection: { decision: allow }, condition: selection }
`)
  const [node] = nodesOf([rule], factFields).nodes
  if (node === undefined) throw new Error('a rule has an outer correlation')
  return node
}

const correlations = {
  event_count: '{ type: event_count, rules: [first], timespan: 10s, condition: { gte: 3 } }',
  value_count: '{ type: value_count, rules: [first], timespan: 10s, condition: { field: tool, gte: 3 } }',
  value_sum: '{ type: value_sum, rules: [first], timespan: 10s, condition: { field: httpStatus, gte: 9 } }',
  value_avg: '{ type: value_avg, rules: [first], timespan: 10s, condition: { field: httpStatus, gte: 3 } }',
  value_percentile:
    '{ type: value_percentile, rules: [first], timespan: 10s, condition: { field: httpStatus, percentile: 75, gte: 4 } }',
  temporal: '{ type: temporal, rules: [first, second], timespan: 10s }',
  baseline:
    '{ type: baseline, rules: [first], timespan: 10s, lookback: 300s, buckets-min: 2, deviations: 1, condition: { gte: 2 } }',
  'baseline of values':
    '{ type: baseline, rules: [first], timespan: 10s, lookback: 300s, buckets-min: 2, deviations: 1, condition: { field: tool, gte: 2 } }',
} as const

const hitArbitrary = fc.record({
  at: fc.integer({ min: 0, max: 60 }),
  mask: fc.constantFrom(1, 2, 3),
  tool: fc.constantFrom('', 'a', 'b', 'c', 'd'),
  status: fc.constantFrom(null, 1, 2, 3, 4, 5),
})
type HitParts = typeof hitArbitrary extends fc.Arbitrary<infer T> ? T : never

const stepArbitrary = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), id: fc.nat({ max: 60 }), parts: hitArbitrary }),
  fc.record({ kind: fc.constant('remove' as const), id: fc.nat({ max: 60 }) }),
  fc.record({ kind: fc.constant('fold' as const), seconds: fc.integer({ min: 1, max: 8 }) }),
)

const hitOf = (id: number, { at, mask, tool, status }: HitParts): Hit => ({
  id: `call-${String(id).padStart(2, '0')}`,
  timeUs: at * second,
  mask,
  realm: 'default',
  sessionId: '',
  agentId: 'agent-1',
  agentName: '',
  userId: 'mira',
  userEmail: '',
  clientName: '',
  fields: { tool, httpStatus: status },
  proof: [],
})

type Node = ReturnType<typeof nodeOf>

/** A group's hits as they come and go, become final and are folded; the cursor is kept up to date with them. */
class Group {
  readonly #node: Node
  final: readonly Hit[] = []
  history: History | null = null
  readonly #live = new Map<number, Hit>()
  #cursor: Cursor | null = null
  #changedUs = Number.POSITIVE_INFINITY
  #finalThroughUs = -1

  constructor(node: Node) {
    this.#node = node
  }

  get live(): readonly Hit[] {
    return [...this.#live.values()].sort((a, b) => a.timeUs - b.timeUs || (a.id < b.id ? -1 : 1))
  }

  /** As a call that is announced: what it was before leaves. Nothing comes before what is final. */
  put(id: number, hit: Hit): void {
    this.remove(id)
    if (hit.timeUs <= this.#finalThroughUs) return
    this.#live.set(id, hit)
    this.#changedUs = Math.min(this.#changedUs, hit.timeUs)
  }

  remove(id: number): void {
    this.#changedUs = Math.min(this.#changedUs, this.#live.get(id)?.timeUs ?? Number.POSITIVE_INFINITY)
    this.#live.delete(id)
  }

  fold(finalThroughUs: number): void {
    this.holds()
    this.#finalThroughUs = Math.max(this.#finalThroughUs, finalThroughUs)
    const became = this.live.filter(({ timeUs }) => timeUs <= this.#finalThroughUs)
    if (became.length === 0) return
    for (const [id, hit] of [...this.#live]) if (hit.timeUs <= this.#finalThroughUs) this.#live.delete(id)
    const before = { hits: this.final, history: this.history }
    const { correlation, countedMax } = this.#node
    const kept = foldFinal(correlation, before, became, { countedMax, finalThroughUs })
    this.#cursor?.fold(this.final.length + became.length, kept.hits)
    this.final = kept.hits
    this.history = kept.history
  }

  holds(): readonly string[] {
    const since = this.#changedUs
    this.#changedUs = Number.POSITIVE_INFINITY
    if (this.#cursor?.reaches(since))
      this.#cursor.exchange(
        since,
        this.live.filter(({ timeUs }) => timeUs >= since),
      )
    else this.#cursor = this.newCursor()
    return textsOf(this.#cursor)
  }

  newCursor(): Cursor {
    const track = createTrack(this.#node.correlation, this.#node.countedMax, () => this.history)
    if (track === null) throw new Error('this correlation has no track')
    const cursor = new Cursor(track, () => true)
    cursor.start({ final: this.final, became: [], live: this.live })
    return cursor
  }
}

const textsOf = (cursor: Cursor): readonly string[] =>
  cursor.holds.map(({ hit, value, proof }) => `${hit.id} ${measuredText(value)} ${proof().map(({ id }) => id)}`)

/*
 * Goal: windows that are kept up to date say what windows that are evaluated anew say, with the same proof.
 * Method: hits of one group are put, changed, removed, made final and folded at random; after each step the kept cursor
 * is compared with a new one over the same hits.
 */
describe('a cursor that is kept up to date', () => {
  it.each(Object.entries(correlations))('says of %s what a new one says', (name, correlation) => {
    // So low that windows hold more calls than are counted.
    const node = { ...nodeOf(correlation), countedMax: name === 'event_count' ? 4 : 50 }
    let held = 0
    fc.assert(
      fc.property(fc.array(stepArbitrary, { minLength: 20, maxLength: 120, size: 'max' }), (steps) => {
        const group = new Group(node)
        let finalSecond = 0
        for (const step of steps) {
          if (step.kind === 'put') group.put(step.id, hitOf(step.id, step.parts))
          else if (step.kind === 'remove') group.remove(step.id)
          else {
            finalSecond += step.seconds
            group.fold(finalSecond * second)
          }
          const holds = group.holds()
          held += holds.length
          expect(holds).toEqual(textsOf(group.newCursor()))
        }
      }),
      { numRuns: 40, seed: 11 },
    )
    expect(held).toBeGreaterThan(20)
  })
})
