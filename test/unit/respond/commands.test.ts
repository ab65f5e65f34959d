import { describe, expect, it } from 'vitest'
import { Actions } from '../../../src/respond/actions.ts'
import { Commands, type ResponseCommand } from '../../../src/respond/commands.ts'
import type { Effect } from '../../../src/respond/effect.ts'
import { defaultLimits } from '../../../src/respond/response-gate.ts'
import { noSubject } from '../../../src/respond/session-subject.ts'

const command = (change: Partial<ResponseCommand>): ResponseCommand => ({
  commandId: 'c-1',
  realm: 'default',
  by: 'mira',
  timeMs: 5_000,
  type: 'revoke',
  target: 'session:s1',
  reason: 'hijacked',
  ttlMs: null,
  isDryRun: false,
  ...change,
})

const makeCommands = (ids: readonly string[] = ['s1']) => {
  const effects: Effect[] = []
  const actions = new Actions({
    onEffect: (effect) => effects.push(effect),
    onChange: () => undefined,
    onFlag: () => undefined,
    onStanding: () => undefined,
    activeSessions: () => 100,
    subjectOf: () => ({ ...noSubject, sessionId: 's1', userId: 'u1', mcpSessionIds: ['hmac:k:1'] }),
  })
  const commands = new Commands({ actions, idsOf: () => ids })
  const give = (change: Partial<ResponseCommand>, isEnforcing = true) => {
    const given = command(change)
    commands.apply(given, { tickMs: 4_000, isEnforcing })
    return commands.answer(given)
  }
  return { actions, commands, effects, give }
}

describe('Commands', () => {
  it('revokes with reason, who, and an end', () => {
    const { effects, give } = makeCommands()
    const { kind, actions } = give({ ttlMs: 60_000 })
    expect(kind).toBe('done')
    expect(actions).toMatchObject([
      {
        kind: 'revoke',
        state: 'proposed',
        by: 'mira',
        reason: 'hijacked',
        incidentId: 'c-1',
        expiresAtMs: 65_000,
        isEvidencePending: false,
      },
    ])
    expect(effects.map(({ revocation }) => revocation?.keys)).toEqual([['mcp:hmac:k:1']])
  })

  it('changes nothing when it comes again', () => {
    const { effects, give } = makeCommands()
    const first = give({})
    expect(give({})).toEqual(first)
    expect(effects).toHaveLength(1)
  })

  it('that comes again after something else was done takes that not back', () => {
    const { give } = makeCommands()
    give({})
    give({ commandId: 'c-2', type: 'restore' })
    give({ commandId: 'c-3' })
    expect(give({ commandId: 'c-2', type: 'restore' }).kind).toBe('done')
    expect(give({ commandId: 'c-3' }).actions[0]?.state).toBe('proposed')
  })

  it('says so where the id was used for something else', () => {
    const { give } = makeCommands()
    give({})
    expect(give({ type: 'flag' })).toMatchObject({ kind: 'conflict', actions: [] })
  })

  it.each([
    ['asked for', { isDryRun: true }, true],
    ['set', {}, false],
  ])('sends nothing where a dry run is %s', (_how, change, isEnforcing) => {
    const { effects, give, actions } = makeCommands()
    expect(give(change, isEnforcing).actions[0]?.state).toBe('dryRun')
    expect(effects).toEqual([])
    expect(actions.revocations('decision-service')).toEqual([])
  })

  it('says in a dry run what would hold it back', () => {
    const { give, actions } = makeCommands()
    actions.gate.setLimits({
      ...defaultLimits,
      neverRevoke: ['u1'],
      revocationsPerMinuteMax: 1,
      revocationsPerHourMax: 1,
    })
    const detail = give({ isDryRun: true }).actions[0]?.transitions.at(-1)?.detail
    expect(detail).toContain('it would be refused: the agent or its user is on the never-revoke list')
  })

  it('is not held back by the caps of rules', () => {
    const { give, actions } = makeCommands()
    actions.gate.setLimits({ ...defaultLimits, neverRevoke: [], revocationsPerMinuteMax: 0, revocationsPerHourMax: 0 })
    expect(give({}).actions[0]?.state).toBe('proposed')
  })

  it('knows no session, makes no action', () => {
    const { give, actions } = makeCommands([])
    expect(give({}).kind).toBe('unknownSession')
    expect(actions.table.size).toBe(0)
  })

  it('restores what is in force under an earlier id of the session, too', () => {
    const { give, effects, commands, actions } = makeCommands(['s2', 's1'])
    actions.propose({
      kind: 'revoke',
      target: 'session:s1',
      asker: {
        realm: 'default',
        id: 'f-1',
        incidentId: 'i-1',
        findingId: 'f-1',
        by: 'rule:r',
        reason: '',
        ttlMs: null,
        isDryRun: false,
        alarm: null,
      },
      moment: { tickMs: 1, isEnforcing: true },
    })
    const [sent] = effects
    const receipt = { actionId: sent?.actionId ?? '', effectKey: sent?.key ?? '', detail: '', ownerId: 'o' }
    actions.onReceipt({ ...receipt, state: 'enforced' }, { tickMs: 2, isEnforcing: true })
    const restored = give({ commandId: 'c-2', type: 'restore', target: 'session:s2', reason: 'false alarm' })
    expect(restored.actions[0]).toMatchObject({ state: 'undone', target: 'session:s1' })
    expect(restored.actions[0]?.transitions.at(-1)?.detail).toBe('restored by mira: false alarm')
    expect(effects.map(({ operation }) => operation)).toEqual(['apply', 'lift'])
    commands.expire(10_000)
    expect(commands.table.size).toBe(0)
  })

  it('pauses and resumes; a pause stops commands as well', () => {
    const { give } = makeCommands()
    expect(give({ commandId: 'p', type: 'pause', target: '' }).pause).toMatchObject({ isPaused: true, by: 'mira' })
    expect(give({}).actions[0]?.state).toBe('refused')
    expect(give({ commandId: 'q', type: 'resume', target: '' }).pause.isPaused).toBe(false)
    expect(give({ commandId: 'c-9' }).actions[0]?.state).toBe('proposed')
  })
})
