import { describe, expect, it } from 'vitest'
import { defaultLimits } from '../../../src/respond/response-gate.ts'
import { makeActions, makeFinding, sampleSubject } from '../../fakes/actions.ts'

const day = 24 * 3600 * 1000
const minute = 60_000

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

describe('a whole agent that an operator revoked', () => {
  const asker = {
    realm: 'default',
    id: 'c-1',
    incidentId: 'c-1',
    findingId: '',
    by: 'mira',
    reason: '',
    ttlMs: null,
    isDryRun: false,
    alarm: null,
  }
  const revoked = () => {
    const made = makeActions()
    const moment = { tickMs: 1, isEnforcing: true }
    made.actions.propose({ kind: 'revoke', target: 'agent:agent-1', asker, moment })
    made.answer(made.effects[0], 'enforced')
    return made
  }

  it('is verified by a denied call of it, in whatever session', () => {
    const { judge, states } = revoked()
    judge({})
    expect(states()).toEqual(['revoke verified'])
  })

  it('does not hold where a call of it stays allowed', () => {
    const { judge, states } = revoked()
    judge({ decision: 'allow', isFinal: true })
    expect(states()).toEqual(['revoke unconfirmed', 'page refused'])
  })
})

describe('a session in force', () => {
  it('is denied by the ids that it gets later, and its state stays as it is', () => {
    const { become, effects, answer, judge, hold, states } = makeActions()
    hold()
    become({ mcpSessionIds: ['hmac:k:1', 'hmac:k:2'] })
    judge({ decision: 'not_evaluated' })
    const [more] = effects.slice(2)
    expect(more?.revocation?.keys).toEqual(['mcp:hmac:k:1', 'mcp:hmac:k:2'])
    expect(more?.key).not.toBe(effects[1]?.key)
    answer(more, 'failed')
    judge({ decision: 'not_evaluated' })
    expect(effects).toHaveLength(3)
    expect(states()[1]).toBe('hold enforced')
  })

  it('that gets through has its agent denied as a whole', () => {
    const { effects, judge, hold, states } = makeActions({ ...sampleSubject, agentId: 'agent-1' })
    hold()
    judge({ decision: 'allow', isFinal: true })
    expect(states()).toEqual(['flag proposed', 'hold unconfirmed', 'page refused', 'hold proposed'])
    expect(effects.at(-1)).toMatchObject({ target: 'agent:agent-1', revocation: { keys: ['agent:agent-1'] } })
  })

  it('that gets through leaves an agent alone that is never revoked', () => {
    const { actions, judge, hold, states } = makeActions({ ...sampleSubject, agentId: 'agent-1' })
    hold()
    actions.gate.setLimits({
      ...defaultLimits,
      neverRevoke: ['agent-1'],
      revocationsPerMinuteMax: 10,
      revocationsPerHourMax: 10,
    })
    judge({ decision: 'allow', isFinal: true })
    expect(states().at(-1)).toBe('hold refused')
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
