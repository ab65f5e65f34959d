import { describe, expect, it } from 'vitest'
import { factFields } from '../../../src/detect/call-fields.ts'
import { createFinding, type Finding } from '../../../src/detect/finding.ts'
import { createHits, nodesOf } from '../../../src/detect/rule-node.ts'
import { Actions, type Effect } from '../../../src/respond/actions.ts'
import { makeFact } from '../../fakes/call-facts.ts'
import { ruleOf, shippedRule } from '../../fakes/rules.ts'

const day = 24 * 3600 * 1000

const denyBurst = ruleOf(shippedRule('deny-burst').text)
const { hitFields } = nodesOf([denyBurst], factFields)

const makeFinding = (subjectKey: string, incidentId: string): Finding => {
  const hits = Array.from({ length: 10 }, (_, at) => createHits(makeFact({ timeUs: at }), hitFields)(1))
  const match = { bucket: 0, hits, completing: hits[9] as (typeof hits)[number], value: 10, severity: 'high' } as const
  return createFinding(denyBurst, match, { subjectKey, incidentId, tickMs: 1 })
}

const makeActions = () => {
  const effects: Effect[] = []
  const flags: (readonly [string, number])[] = []
  const actions = new Actions({
    onEffect: (effect) => effects.push(effect),
    onChange: () => undefined,
    onFlag: (sessionId, change) => flags.push([sessionId, change]),
  })
  const find = (finding: Finding, isEnforcing = false): void => {
    finding.actions = actions.onFinding(finding, { tickMs: 1, isEnforcing })
  }
  const withdraw = (finding: Finding): void => {
    finding.state = 'withdrawn'
    find(finding)
  }
  const answer = (effect: Effect | undefined, state: 'accepted' | 'enforced' | 'failed'): void =>
    actions.onReceipt({ actionId: effect?.actionId ?? '', effectKey: effect?.key ?? '', state, detail: '' }, 2)
  const states = () => [...actions.table.values()].map(({ row }) => `${row.kind} ${row.state}`)
  return { actions, effects, flags, find, withdraw, answer, states }
}

describe('Actions', () => {
  it('asks for the flag and leaves in dry run what would leave the machine', () => {
    const { effects, find, states } = makeActions()
    find(makeFinding('a', 'i'))
    expect(states()).toEqual(['flag proposed', 'revoke dryRun'])
    expect(effects.map((effect) => effect.kind)).toEqual(['flag'])
  })

  it('refuses in enforcing mode what no lever can do', () => {
    const { effects, find, states } = makeActions()
    find(makeFinding('a', 'i'), true)
    expect(states()).toEqual(['flag proposed', 'revoke refused'])
    expect(effects).toHaveLength(1)
  })

  it('repeats nothing for the same finding or the next one of the incident', () => {
    const { actions, effects, find } = makeActions()
    const finding = makeFinding('a', 'i')
    find(finding)
    find(finding)
    find(makeFinding('b', 'i'))
    expect(effects).toHaveLength(1)
    expect(actions.table.size).toBe(2)
    find(makeFinding('c', 'another'))
    expect(effects).toHaveLength(2)
  })

  it('flags the session once it is enforced, and only then', () => {
    const { effects, flags, find, answer, states } = makeActions()
    find(makeFinding('a', 'i'))
    answer(effects[0], 'accepted')
    expect(flags).toEqual([])
    answer(effects[0], 'enforced')
    answer(effects[0], 'enforced')
    expect(flags).toEqual([['s1', 1]])
    expect(states()[0]).toBe('flag enforced')
  })

  it('takes the flag back with the last finding that asks for it', () => {
    const { effects, flags, find, withdraw, answer, states } = makeActions()
    const [one, other] = [makeFinding('a', 'i'), makeFinding('b', 'i')]
    find(one)
    find(other)
    answer(effects[0], 'enforced')
    withdraw(one)
    expect(flags).toEqual([['s1', 1]])
    withdraw(other)
    expect(flags).toEqual([
      ['s1', 1],
      ['s1', -1],
    ])
    expect(states()[0]).toBe('flag undone')
  })

  it('ignores an answer to an effect that was taken back, and takes one to the effect that replaced it', () => {
    const { effects, flags, find, withdraw, answer } = makeActions()
    const finding = makeFinding('a', 'i')
    find(finding)
    withdraw(finding)
    answer(effects[0], 'enforced')
    finding.state = 'provisional'
    find(finding)
    answer(effects[0], 'enforced')
    expect(flags).toEqual([])
    answer(effects[1], 'enforced')
    expect(flags).toEqual([['s1', 1]])
  })

  it('has an effect pending until it is answered for good', () => {
    const { actions, effects, find, answer } = makeActions()
    find(makeFinding('a', 'i'))
    expect(actions.pending()).toEqual(effects)
    answer(effects[0], 'accepted')
    expect(actions.pending()).toEqual(effects)
    answer(effects[0], 'failed')
    expect(actions.pending()).toEqual([])
  })

  it('forgets what is over and keeps what is in force', () => {
    const { actions, effects, find, answer, states } = makeActions()
    find(makeFinding('a', 'i'))
    answer(effects[0], 'enforced')
    actions.expire(day)
    expect(states()).toEqual(['flag enforced'])
  })
})
