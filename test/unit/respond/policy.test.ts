import { describe, expect, it } from 'vitest'
import type { LeverTraits } from '../../../src/respond/lever.ts'
import { decisionServiceTraits } from '../../../src/respond/levers/decision-service.ts'
import { defaultPolicy, type Policy } from '../../../src/respond/policy.ts'
import { makeActions, makeFinding, sampleSubject } from '../../fakes/actions.ts'

const loginLever: LeverTraits = {
  name: 'login-lever',
  scopes: ['login', 'user'],
  isReversible: false,
  canPreview: true,
  delayMs: 60_000,
}

const withPolicy = (change: Partial<Policy>, subject: Parameters<typeof makeActions>[0] = sampleSubject) => {
  const made = makeActions(subject)
  made.actions.setPolicy({ ...defaultPolicy, ...change })
  return made
}

describe('the policy', () => {
  it.each([
    ['critical', ['flag proposed']],
    ['high', ['flag proposed', 'hold proposed']],
  ] as const)('holds for findings of severity %s or worse', (severityMin, expected) => {
    const { find, states } = withPolicy({ severityMin: { ...defaultPolicy.severityMin, hold: severityMin } })
    find(makeFinding('a', 'i'), true)
    expect(states()).toEqual(expected)
  })

  it('holds once a finding became as bad', () => {
    const { find, states } = withPolicy({})
    const finding = makeFinding('a', 'i')
    finding.severity = 'medium'
    find(finding, true)
    expect(states()).toEqual(['flag proposed'])
    finding.severity = 'high'
    find(finding, true)
    expect(states()).toEqual(['flag proposed', 'hold proposed'])
  })

  it('holds nobody whose calls belong together by a guess', () => {
    const { find, details } = withPolicy({}, { ...sampleSubject, confidenceMilli: 399 })
    find(makeFinding('a', 'i'), true)
    expect(details('hold')).toBe('its calls belong together with confidence 0.399 only, and 0.4 is asked for')
  })

  it('holds only those that are named, where some are', () => {
    const named = withPolicy({ only: ['mira'] })
    named.find(makeFinding('a', 'i'), true)
    expect(named.states()).toContain('hold proposed')
    const another = withPolicy({ only: ['jo'] })
    another.find(makeFinding('a', 'i'), true)
    expect(another.details('hold')).toContain('neither the agent nor its user')
  })

  it('replaces what a rule asks for', () => {
    const { find, states } = withPolicy({ rules: [{ id: makeFinding('a', 'i').ruleId, response: [] }] })
    find(makeFinding('a', 'i'), true)
    expect(states()).toEqual([])
  })

  it('frees an agent once its finding is final, where nothing follows', () => {
    const { find, states, details, hold, effects } = withPolicy({
      severityMin: { ...defaultPolicy.severityMin, revoke: 'critical' },
    })
    const finding = hold()
    finding.state = 'final'
    find(finding, true)
    expect(states()).toEqual(['flag proposed', 'hold undone'])
    expect(details('hold')).toContain('nothing more is done')
    expect(effects.at(-1)).toMatchObject({ kind: 'hold', operation: 'lift' })
  })

  it('keeps the hold where a revocation follows', () => {
    const { find, states, hold } = withPolicy({})
    const finding = hold()
    finding.state = 'final'
    find(finding, true)
    expect(states()).toEqual(['flag proposed', 'hold enforced', 'revoke proposed'])
  })
})

describe('what holds rules back', () => {
  it.each([
    [2, 0, null],
    [3, 0, '3 of 0 active sessions are revoked already, and 20 % may be'],
    [19, 100, null],
    [20, 100, '20 of 100 active sessions are revoked already, and 20 % may be'],
  ])('is the share of sessions: with %i of %i revoked', (revokedSessions, activeSessions, objection) => {
    const { gate } = withPolicy({}).actions
    expect(gate.capObjection(1, () => ({ revokedSessions, activeSessions }))).toBe(objection)
  })

  it('is that somebody restored the agent, for the quiet period and for people never', () => {
    const { actions, find, hold, details } = withPolicy({ quietMs: 1_000 })
    hold()
    actions.restore(['session:s1'], { detail: 'restored by mira', timeMs: 1, isDryRun: false })
    find(makeFinding('b', 'another'), true)
    expect(lastOf(actions, 'hold')).toBe('somebody restored it a short while ago')
    expect(details('flag')).toBe('restored by mira')
    actions.onFinding(makeFinding('c', 'a third'), { tickMs: 1_002, isEnforcing: true })
    expect([...actions.table.values()].at(-1)?.row.state).toBe('proposed')
  })
})

const lastOf = (actions: ReturnType<typeof makeActions>['actions'], kind: string): string | undefined =>
  [...actions.table.values()]
    .filter(({ row }) => row.kind === kind)
    .at(-1)
    ?.row.transitions.at(-1)?.detail

describe('levers', () => {
  const subject = { ...sampleSubject, agentId: 'agent-1', authSessionIds: ['login-1'] }

  it('are tried in their order, and hold only where they can let go', () => {
    const { actions, find, effects } = withPolicy({ levers: [loginLever, decisionServiceTraits] }, subject)
    const finding = makeFinding('a', 'i')
    find(finding, true)
    finding.state = 'final'
    find(finding, true)
    expect(effects.slice(1).map(({ kind, lever, revocation }) => [kind, lever, revocation?.keys])).toEqual([
      ['hold', 'decision-service', ['mcp:hmac:k:1']],
      ['revoke', 'login-lever', ['login:login-1']],
    ])
    expect(actions.revocations('decision-service')).toEqual([])
  })

  it('follow each other where one fails, the agent as a whole is last, and somebody is paged', () => {
    const levers = [decisionServiceTraits, loginLever]
    const { effects, find, answer, states } = withPolicy({ levers }, subject)
    find({ ...makeFinding('a', 'i'), isEager: true }, true)
    answer(effects[1], 'requested')
    answer(effects[1], 'failed')
    expect(states()).toEqual(['flag proposed', 'revoke failed', 'page refused', 'revoke proposed'])
    expect(effects.at(-1)).toMatchObject({ lever: 'login-lever', revocation: { keys: ['login:login-1'] } })
    answer(effects.at(-1), 'failed')
    expect(effects.at(-1)).toMatchObject({ lever: 'decision-service', target: 'agent:agent-1' })
    answer(effects.at(-1), 'failed')
    expect(states().filter((state) => state.startsWith('revoke'))).toEqual(Array(3).fill('revoke failed'))
  })

  it('that were given up are let go of when somebody restores, as they may have got through', () => {
    const { actions, effects, find, answer } = withPolicy({}, sampleSubject)
    find({ ...makeFinding('a', 'i'), isEager: true }, true)
    answer(effects[1], 'requested')
    answer(effects[1], 'failed')
    actions.restore(['session:s1'], { detail: 'restored by mira', timeMs: 3, isDryRun: false })
    expect(effects.at(-1)).toMatchObject({ kind: 'revoke', operation: 'lift' })
  })

  it('are asked in a dry run whom else they would hit, and the answer is kept', () => {
    const { effects, find, answer, states } = withPolicy({ levers: [loginLever] }, subject)
    find({ ...makeFinding('a', 'i'), isEager: true })
    expect(effects.at(-1)).toMatchObject({ kind: 'revoke', operation: 'preview' })
    answer(effects.at(-1), 'requested')
    answer(effects.at(-1), 'accepted')
    expect(states()).toContain('revoke dryRun')
  })
})

describe('what is to be taken back', () => {
  it('is tried again until it is, and somebody is told once', () => {
    const { actions, effects, withdraw, hold, answer, states } = withPolicy({})
    withdraw(hold())
    const lift = effects.at(-1)
    answer(lift, 'requested')
    answer(lift, 'failed')
    expect(states()).toEqual(['flag undone', 'hold undone', 'page refused'])
    expect(actions.pending()).toEqual([])
    actions.onTick(60_001)
    expect(effects).toHaveLength(4)
    actions.onTick(60_002)
    expect(effects.at(-1)).toMatchObject({ key: lift?.key, stage: 'request', operation: 'lift' })
    answer(effects.at(-1), 'failed')
    actions.onTick(120_100)
    answer(effects.at(-1), 'enforced')
    const row = [...actions.table.values()].find(({ row: { kind } }) => kind === 'hold')?.row
    expect(row?.transitions.slice(-2).map(({ state, detail }) => `${state} ${detail.slice(0, 20)}`)).toEqual([
      'undone it could not be take',
      'undone ',
    ])
    actions.onTick(1_000_000)
    expect(actions.pending()).toEqual([])
  })

  it('is nothing where the lever was never told', () => {
    const { effects, find, withdraw } = withPolicy({})
    const finding = makeFinding('a', 'i')
    find(finding, true)
    withdraw(finding)
    expect(effects.map(({ operation }) => operation)).toEqual(['apply', 'apply'])
  })
})

describe('a pause', () => {
  it('keeps back what was decided before it and was not sent yet', () => {
    const { actions, effects, find, answer, details } = withPolicy({})
    find(makeFinding('a', 'i'), true)
    actions.gate.setPause({ isPaused: true, by: 'mira', reason: '', sinceMs: 1 })
    answer(effects[1], 'requested')
    expect(details('hold')).toBe('the response is paused by mira')
    expect(effects.filter(({ stage }) => stage === 'send')).toEqual([])
  })
})
