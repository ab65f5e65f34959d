import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/respond/response-gate.ts'
import { makeActions, makeFinding, sampleSubject } from '../../fakes/actions.ts'

describe('findings', () => {
  it('ask for the flag and leave in dry run what would leave the machine', () => {
    const { actions, effects, find, states } = makeActions()
    find(makeFinding('a', 'i'))
    expect(states()).toEqual(['flag proposed', 'hold dryRun'])
    expect(effects.map((effect) => effect.kind)).toEqual(['flag'])
    expect(actions.revocations('decision-service')).toEqual([])
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
    const { find, details } = makeActions({ ...sampleSubject, mcpSessionIds: [] })
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
    expect(actions.revocations('decision-service')).toEqual([])
    expect(standings.at(-1)).toBe('')
  })
})

describe('what holds rules back', () => {
  it('is the list of those that are never revoked', () => {
    const { actions, find, details } = makeActions()
    actions.gate.setLimits({
      ...defaultLimits,
      neverRevoke: ['mira'],
      revocationsPerMinuteMax: 10,
      revocationsPerHourMax: 10,
    })
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
    actions.gate.setLimits({ ...defaultLimits, neverRevoke: [], ...caps })
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
    answer(effects[0], 'requested')
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

  it('let an effect be sent by whoever asked for it, once that was read back', () => {
    const { effects, find, answer, states } = makeActions()
    find(makeFinding('a', 'i'))
    expect(effects.map(({ stage, ownerId }) => [stage, ownerId])).toEqual([['request', '']])
    answer(effects[0], 'requested')
    expect(effects[1]).toEqual({ ...effects[0], stage: 'send', ownerId: 'owner-1' })
    expect(states()[0]).toBe('flag requested')
  })

  it('leave an effect pending until it is answered, for any owner', () => {
    const { actions, effects, find, answer } = makeActions()
    find(makeFinding('a', 'i'))
    expect(actions.pending()).toEqual([effects[0]])
    answer(effects[0], 'requested')
    expect(actions.pending()).toEqual([effects[0]])
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
    expect(actions.revocations('decision-service')).toEqual([])
    answer(effects[1], 'requested')
    expect(actions.revocations('decision-service').map(({ keys }) => keys)).toEqual([['mcp:hmac:k:1']])
    expect(standings.at(-1)).toBe('revoking')
  })
})
