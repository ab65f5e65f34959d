import { describe, expect, it } from 'vitest'
import { Revocations } from '../../../src/respond/revocations.ts'
import { makeRevocation } from '../../fakes/revocations.ts'

const loaded = (...revocations: readonly ReturnType<typeof makeRevocation>[]): Revocations => {
  const known = new Revocations()
  known.load(revocations)
  return known
}

describe('Revocations', () => {
  it('is not ready before it was told what is in force, even of nothing', () => {
    const revocations = new Revocations()
    revocations.add(makeRevocation(), 0)
    expect(revocations.isReady).toBe(false)
    revocations.load([])
    expect([revocations.isReady, revocations.size]).toEqual([true, 0])
  })

  it('finds by scope, id and realm, and nothing by an empty id', () => {
    const revocations = loaded(makeRevocation({ keys: ['user:u1', 'agent:client:c1/u1'] }))
    expect(revocations.find('default', 'user', 'u1', 0)?.actionId).toBe('a-1')
    expect(revocations.find('default', 'agent', 'client:c1/u1', 0)?.actionId).toBe('a-1')
    expect(revocations.find('default', 'agent', 'u1', 0)).toBeNull()
    expect(revocations.find('prod', 'user', 'u1', 0)).toBeNull()
    expect(loaded(makeRevocation({ keys: ['user:'] })).find('default', 'user', '', 0)).toBeNull()
  })

  it('takes one of several back and keeps the others of the same id', () => {
    const revocations = loaded(
      makeRevocation({ keys: ['user:u1'] }),
      makeRevocation({ actionId: 'a-2', keys: ['user:u1', 'tool:t'] }),
    )
    revocations.remove('a-1')
    expect(revocations.find('default', 'user', 'u1', 0)?.actionId).toBe('a-2')
    revocations.remove('a-2')
    revocations.remove('a-2')
    expect(revocations.find('default', 'user', 'u1', 0)).toBeNull()
    expect(revocations.find('default', 'tool', 't', 0)).toBeNull()
    expect(revocations.size).toBe(0)
  })

  it('passes over one that has ended for another of the same id', () => {
    const revocations = loaded(
      makeRevocation({ keys: ['user:u1'], expiresAtMs: 10 }),
      makeRevocation({ actionId: 'a-2', keys: ['user:u1'], expiresAtMs: 20 }),
    )
    expect(revocations.find('default', 'user', 'u1', 9)?.actionId).toBe('a-1')
    expect(revocations.find('default', 'user', 'u1', 10)?.actionId).toBe('a-2')
    expect(revocations.find('default', 'user', 'u1', 20)).toBeNull()
  })

  it('replaces one that comes again', () => {
    const revocations = loaded(makeRevocation({ keys: ['user:u1'] }))
    expect(revocations.add(makeRevocation({ keys: ['user:u2'] }), 0)).toBe(true)
    expect(revocations.find('default', 'user', 'u1', 0)).toBeNull()
    expect(revocations.find('default', 'user', 'u2', 0)?.actionId).toBe('a-1')
    expect(revocations.size).toBe(1)
  })
})
