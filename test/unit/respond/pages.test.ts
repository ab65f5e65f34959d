import { describe, expect, it } from 'vitest'
import type { Finding } from '../../../src/detect/finding.ts'
import { defaultPolicy } from '../../../src/respond/policy.ts'
import { defaultLimits } from '../../../src/respond/response-gate.ts'
import { makeActions, makeFinding } from '../../fakes/actions.ts'

const makePaging = (names: readonly string[] = ['duty']) => {
  const made = makeActions()
  const pages = names.map((name) => ({
    name,
    severityMin: name === 'night' ? ('critical' as const) : ('info' as const),
  }))
  made.actions.setPolicy({ ...defaultPolicy, pages })
  const pagesSent = () => made.effects.filter(({ kind, stage }) => kind === 'page' && stage === 'request')
  return { ...made, pagesSent }
}

const paging = (subjectKey: string, incidentId: string, change: Partial<Finding> = {}): Finding => ({
  ...makeFinding(subjectKey, incidentId),
  response: ['page', 'revoke'],
  ...change,
})

describe('a page', () => {
  it('is one for an incident and target, whatever finds it again', () => {
    const { find, pagesSent } = makePaging(['duty', 'chat'])
    find(paging('a', 'i', { sessionIds: ['s1', 's2'] }), true)
    find(paging('b', 'i', { sessionIds: ['s2'] }), true)
    expect(pagesSent().map(({ lever, incidentId }) => [lever, incidentId])).toEqual([
      ['duty', 'i'],
      ['chat', 'i'],
    ])
  })

  it('says what happened and what is done about it already', () => {
    const { find, page } = makePaging()
    find(paging('a', 'i'), true)
    expect(page()).toMatchObject({
      incidentId: 'i',
      severity: 'high',
      state: 'provisional',
      sessionId: 's1',
      runbook: 'finding',
      response: [expect.stringMatching(/^hold of session:s1 by decision-service: proposed/)],
      untilMs: 24 * 3_600_000 + 1,
    })
  })

  it('goes only to targets for its severity, and to the others once it is as bad', () => {
    const { find, pagesSent } = makePaging(['duty', 'night'])
    const finding = paging('a', 'i')
    find(finding, true)
    expect(pagesSent().map(({ lever }) => lever)).toEqual(['duty'])
    find({ ...finding, severity: 'critical' }, true)
    expect(pagesSent().map(({ lever }) => lever)).toEqual(['duty', 'night'])
  })

  it('is brought up to date when something is done, and not more often than every ten seconds', () => {
    const { actions, effects, find, answer, page, pagesSent } = makePaging()
    find(paging('a', 'i'), true)
    for (const effect of [...effects]) answer(effect, 'requested')
    for (const effect of [...effects]) answer(effect, effect.kind === 'page' ? 'accepted' : 'enforced')
    actions.onTick(10_000)
    expect(pagesSent()).toHaveLength(1)
    actions.onTick(10_001)
    expect(pagesSent()).toHaveLength(2)
    expect(page()?.response[0]).toMatch(/: enforced/)
    expect(pagesSent()[1]?.key).not.toBe(pagesSent()[0]?.key)
    actions.onTick(30_000)
    expect(pagesSent()).toHaveLength(2)
  })

  it('tells that a finding is final now, though nothing else changed', () => {
    const { actions, find, page } = makePaging()
    const finding = paging('a', 'i', { response: ['page'] })
    find(finding, true)
    find({ ...finding, state: 'final' }, true)
    actions.onTick(10_001)
    expect(page()?.state).toBe('final')
  })

  it.each([
    ['the finding is withdrawn', (made: ReturnType<typeof makePaging>, finding: Finding) => made.withdraw(finding)],
    [
      'somebody is done with it',
      ({ actions }: ReturnType<typeof makePaging>) =>
        actions.resolvePages('i', { detail: 'closed by mira', timeMs: 5 }),
    ],
    ['its time is over', ({ actions }: ReturnType<typeof makePaging>) => actions.onTick(24 * 3_600_000 + 2)],
  ])('is resolved when %s', (_why, end) => {
    const made = makePaging()
    const finding = paging('a', 'i', { response: ['page'] })
    made.find(finding, true)
    made.answer(made.effects[0], 'requested')
    made.answer(made.effects[0], 'accepted')
    end(made, finding)
    const last = made.effects.at(-1)
    expect(last).toMatchObject({ kind: 'page', operation: 'lift', incidentId: 'i' })
    expect(last?.page?.ended).not.toBe('')
  })
})

describe('nobody is paged', () => {
  it('twice in a row by one rule about one agent, unless it is critical', () => {
    const { find, details, pagesSent } = makePaging()
    find(paging('a', '1'), true)
    find(paging('b', '2'), true)
    expect(pagesSent()).toHaveLength(1)
    expect(details('page')).toContain('was refused')
    find(paging('c', '3', { severity: 'critical' }), true)
    expect(pagesSent()).toHaveLength(2)
  })

  it('more often in an hour than the cap says', () => {
    const { actions, find, pagesSent } = makePaging()
    actions.gate.setLimits({ ...defaultLimits, pagesPerHourMax: 2 })
    for (const incident of ['1', '2', '3']) find(paging(incident, incident, { ruleId: incident }), true)
    expect(pagesSent()).toHaveLength(2)
  })

  it('in dry run, or where the mode says so', () => {
    const { find, states, pagesSent } = makePaging()
    find(paging('a', '1'))
    expect(states()).toContain('page dryRun')
    expect(pagesSent()).toEqual([])
  })
})

describe('a revocation that does not hold', () => {
  it('makes the open page critical, and keeps it so', () => {
    const { actions, find, hold, judge, page, pagesSent } = makePaging()
    const finding = { ...hold(), response: ['page', 'revoke'] as const }
    find(finding, true)
    judge({ decision: 'allow', isFinal: true })
    find({ ...finding, severity: 'high', state: 'final' }, true)
    actions.onTick(20_000)
    expect(pagesSent()).toHaveLength(2)
    expect(page()).toMatchObject({
      severity: 'critical',
      severitiesBefore: ['high'],
      title: 'The hold of session:s1 does not hold',
      runbook: 'revocation-does-not-hold',
      text: 'call c1 was allowed after it',
    })
  })

  it('calls somebody who was not called about the finding itself', () => {
    const { actions, find, effects, answer, judge, pagesSent } = makePaging()
    actions.gate.setLimits({ ...defaultLimits, pagesPerHourMax: 0 })
    find(paging('a', 'i'), true)
    expect(pagesSent()).toEqual([])
    answer(effects[0], 'enforced')
    actions.gate.setLimits(defaultLimits)
    judge({ decision: 'allow', isFinal: true })
    expect(pagesSent().map(({ page }) => page?.severity)).toEqual(['critical'])
  })
})
