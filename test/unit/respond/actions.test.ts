import { describe, expect, it } from 'vitest'
import { factFields } from '../../../src/detect/call-fields.ts'
import { createFinding, type Finding } from '../../../src/detect/finding.ts'
import { createHits, nodesOf } from '../../../src/detect/rule-node.ts'
import type { Effect } from '../../../src/respond/action.ts'
import { Actions } from '../../../src/respond/actions.ts'
import type { JudgedCall } from '../../../src/respond/judge-call.ts'
import { noSubject, type SessionSubject } from '../../../src/respond/session-subject.ts'
import { makeFact } from '../../fakes/call-facts.ts'
import { ruleOf, shippedRule } from '../../fakes/rules.ts'

const day = 24 * 3600 * 1000
const minute = 60_000

const denyBurst = ruleOf(shippedRule('deny-burst').text)
const { hitFields } = nodesOf([denyBurst], factFields)

const makeFinding = (subjectKey: string, incidentId: string): Finding => {
  const hits = Array.from({ length: 10 }, (_, at) => createHits(makeFact({ timeUs: at }), hitFields)(1))
  const match = { bucket: 0, hits, completing: hits[9] as (typeof hits)[number], value: 10, severity: 'high' } as const
  return createFinding(denyBurst, match, { subjectKey, incidentId, tickMs: 1 })
}

const subject: SessionSubject = { ...noSubject, sessionId: 's1', userId: 'mira', mcpSessionIds: ['hmac:k:1'] }

const makeActions = (known: SessionSubject | null = subject) => {
  const effects: Effect[] = []
  const flags: (readonly [string, number])[] = []
  const standings: string[] = []
  const actions = new Actions({
    onEffect: (effect) => effects.push(effect),
    onChange: () => undefined,
    onFlag: (sessionId, change) => flags.push([sessionId, change]),
    onStanding: (_sessionId, standing) => standings.push(standing),
    subjectOf: () => known,
  })
  const find = (finding: Finding, isEnforcing = false): void => {
    finding.actions = actions.onFinding(finding, { tickMs: 1, isEnforcing })
  }
  const withdraw = (finding: Finding): void => {
    finding.state = 'withdrawn'
    find(finding)
  }
  const answer = (effect: Effect | undefined, state: 'requested' | 'accepted' | 'enforced' | 'failed'): void =>
    actions.onReceipt({ actionId: effect?.actionId ?? '', effectKey: effect?.key ?? '', state, detail: '' }, 2)
  const states = () => [...actions.table.values()].map(({ row }) => `${row.kind} ${row.state}`)
  const details = (kind: string) =>
    [...actions.table.values()].find(({ row }) => row.kind === kind)?.row.transitions.at(-1)?.detail
  const judge = (call: Partial<JudgedCall>): void => {
    const usual = { id: 'c1', timeMs: 5_000, decision: 'deny', isFinal: false, deniedBy: 'kong', policyId: '' } as const
    const judged = { ...usual, basis: 'mcp_session', confidenceMilli: 900, ...call }
    actions.onCall(judged, ['s1'], { tickMs: 6_000, isEnforcing: true })
  }
  /** A hold that is in force since time 2. */
  const hold = () => {
    const finding = makeFinding('a', 'i')
    find(finding, true)
    answer(effects[1], 'enforced')
    return finding
  }
  return { actions, effects, flags, standings, find, withdraw, answer, states, details, judge, hold }
}

describe('findings', () => {
  it('ask for the flag and leave in dry run what would leave the machine', () => {
    const { actions, effects, find, states } = makeActions()
    find(makeFinding('a', 'i'))
    expect(states()).toEqual(['flag proposed', 'hold dryRun'])
    expect(effects.map((effect) => effect.kind)).toEqual(['flag'])
    expect(actions.revocations()).toEqual([])
  })

  it('hold while they are provisional and revoke once they are final', () => {
    const { effects, find, states } = makeActions()
    const finding = makeFinding('a', 'i')
    find(finding, true)
    expect(states()).toEqual(['flag proposed', 'hold proposed'])
    finding.state = 'final'
    find(finding, true)
    expect(states()).toEqual(['flag proposed', 'hold proposed', 'revoke proposed'])
    expect(effects[2]?.revocation?.keys).toEqual(['mcp:hmac:k:1'])
  })

  it('of an eager rule revoke at once', () => {
    const { find, states } = makeActions()
    find({ ...makeFinding('a', 'i'), isEager: true }, true)
    expect(states()).toEqual(['flag proposed', 'revoke proposed'])
  })

  it('revoke nothing where only a whole user could be named', () => {
    const { find, details } = makeActions({ ...subject, mcpSessionIds: [] })
    find(makeFinding('a', 'i'), true)
    expect(details('hold')).toContain('a whole user is not revoked')
  })

  it('repeat nothing for the same finding or the next one of the incident', () => {
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

  it('lift with the withdrawal what was sent', () => {
    const { actions, effects, standings, withdraw, hold, states } = makeActions()
    withdraw(hold())
    expect(states()).toEqual(['flag undone', 'hold undone'])
    expect(effects.slice(2).map(({ kind, operation }) => `${operation} ${kind}`)).toEqual(['lift hold'])
    expect(actions.revocations()).toEqual([])
    expect(standings.at(-1)).toBe('')
  })
})

describe('what holds rules back', () => {
  it('is the list of those that are never revoked', () => {
    const { actions, find, details } = makeActions()
    actions.gate.setLimits({ neverRevoke: ['mira'], revocationsPerMinuteMax: 10, revocationsPerHourMax: 10 })
    find(makeFinding('a', 'i'), true)
    expect(details('hold')).toContain('never-revoke')
  })

  it('is the panic switch', () => {
    const { actions, find, details } = makeActions()
    actions.gate.setPause({ isPaused: true, by: 'mira', reason: '', sinceMs: 1 })
    find(makeFinding('a', 'i'), true)
    expect(details('hold')).toBe('the response is paused by mira')
  })

  it.each([
    ['a minute', { revocationsPerMinuteMax: 2, revocationsPerHourMax: 10 }],
    ['an hour', { revocationsPerMinuteMax: 10, revocationsPerHourMax: 2 }],
  ])('are the caps of %s', (_unit, caps) => {
    const { actions, find, states } = makeActions()
    actions.gate.setLimits({ neverRevoke: [], ...caps })
    for (const incident of ['1', '2', '3']) find(makeFinding(incident, incident), true)
    expect(states().filter((state) => state.startsWith('hold'))).toEqual([
      'hold proposed',
      'hold proposed',
      'hold refused',
    ])
  })
})

describe('the flag', () => {
  it('is on the session once it is enforced, and only then', () => {
    const { effects, flags, find, answer, states } = makeActions()
    find(makeFinding('a', 'i'))
    answer(effects[0], 'accepted')
    expect(flags).toEqual([])
    answer(effects[0], 'enforced')
    answer(effects[0], 'enforced')
    expect(flags).toEqual([['s1', 1]])
    expect(states()[0]).toBe('flag enforced')
  })

  it('is taken back with the last finding that asks for it', () => {
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
})

describe('receipts', () => {
  it('of an effect that was taken back change nothing, those of the one that replaced it do', () => {
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

  it('leave an effect pending until it is answered for good', () => {
    const { actions, effects, find, answer } = makeActions()
    find(makeFinding('a', 'i'))
    expect(actions.pending()).toEqual(effects)
    answer(effects[0], 'accepted')
    expect(actions.pending()).toEqual(effects)
    answer(effects[0], 'failed')
    expect(actions.pending()).toEqual([])
  })

  it('that come late take nothing back', () => {
    const { effects, answer, judge, hold, states } = makeActions()
    hold()
    judge({})
    answer(effects[1], 'requested')
    answer(effects[1], 'enforced')
    expect(states()[1]).toBe('hold verified')
  })

  it('make the revocation one that a decision service must know', () => {
    const { actions, effects, find, answer, standings } = makeActions()
    find(makeFinding('a', 'i'), true)
    expect(actions.revocations()).toEqual([])
    answer(effects[1], 'requested')
    expect(actions.revocations().map(({ keys }) => keys)).toEqual([['mcp:hmac:k:1']])
    expect(standings.at(-1)).toBe('revoking')
  })
})

describe('verification', () => {
  it('is a deny after it, with what ties it', () => {
    const { judge, hold, states, details, standings } = makeActions()
    hold()
    judge({ timeMs: 1 })
    expect(states()[1]).toBe('hold enforced')
    judge({})
    expect(states()[1]).toBe('hold verified')
    expect(details('hold')).toBe('call c1 was denied by kong, tied to it by mcp session, confidence 0.9')
    expect(standings.at(-1)).toBe('revoked')
  })

  it('is a deny by the action itself, whatever the clocks say', () => {
    const { effects, judge, hold, states } = makeActions()
    hold()
    judge({ timeMs: 1, policyId: effects[1]?.actionId ?? '' })
    expect(states()[1]).toBe('hold verified')
  })

  it('fails with silence, until something is heard after all', () => {
    const { actions, judge, hold, states } = makeActions()
    hold()
    actions.onTick(10 * minute + 1)
    expect(states()[1]).toBe('hold enforced')
    actions.onTick(10 * minute + 2)
    expect(states()[1]).toBe('hold unconfirmed')
    judge({ timeMs: 11 * minute })
    expect(states()[1]).toBe('hold verified')
  })

  it('fails for good with a call that stays allowed, and pages', () => {
    const { judge, hold, states } = makeActions()
    hold()
    judge({ decision: 'allow' })
    judge({ decision: 'allow', isFinal: true, timeMs: 1_000 })
    expect(states()[1]).toBe('hold enforced')
    judge({ decision: 'allow', isFinal: true })
    expect(states()).toEqual(['flag proposed', 'hold unconfirmed', 'page refused'])
    judge({})
    expect(states()[1]).toBe('hold unconfirmed')
  })
})

describe('the end', () => {
  it('comes by itself and is told', () => {
    const { actions, effects, hold, states } = makeActions()
    hold()
    actions.onTick(1 + 15 * minute - 1)
    expect(states()[1]).toBe('hold unconfirmed')
    actions.onTick(1 + 15 * minute)
    expect(states()[1]).toBe('hold expired')
    expect(effects.at(-1)?.operation).toBe('lift')
  })

  it('that an operator brought about outlives the next finding of the incident', () => {
    const { actions, find, hold, states } = makeActions()
    hold()
    actions.restore(['session:s1'], { detail: 'restored by mira', timeMs: 3, isDryRun: false })
    find(makeFinding('b', 'i'), true)
    expect(states()).toEqual(['flag undone', 'hold undone'])
  })

  it('is forgotten, and what is in force is kept', () => {
    const { actions, effects, find, answer, states } = makeActions()
    find(makeFinding('a', 'i'))
    answer(effects[0], 'enforced')
    actions.expire(day)
    expect(states()).toEqual(['flag enforced'])
  })
})
