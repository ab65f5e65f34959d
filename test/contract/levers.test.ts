import { describe, expect, it } from 'vitest'
import { makeEffect } from '../fakes/effects.ts'
import { databrokerSubject } from './levers/databroker-subject.ts'
import { decisionServiceSubject } from './levers/decision-service-subject.ts'
import { oauthRevocationSubject } from './levers/oauth-revocation-subject.ts'
import { revocationWebhookSubject } from './levers/revocation-webhook-subject.ts'
import type { LeverSubject } from './levers/subject.ts'

/*
Goal: whatever denies an agent does so alike: what it says is what became of it, and saying it again changes nothing.
Method: one suite for every lever, each in front of a counterpart that can be asked whether the agent gets through.
*/
const subjects: readonly LeverSubject[] = [
  decisionServiceSubject,
  databrokerSubject,
  oauthRevocationSubject,
  revocationWebhookSubject,
]
const never = new AbortController().signal

describe.each(subjects)('$name as a lever', (subject) => {
  it('denies what it was told, and no one else', async () => {
    await using counterpart = await subject.start()
    const { lever, effect } = counterpart
    expect(await counterpart.isOut()).toBe(false)
    expect((await lever.apply(effect, never)).state).toBe(subject.accepts)
    expect(await counterpart.isOut()).toBe(true)
    expect(await counterpart.isOtherOut()).toBe(false)
  })

  it('does nothing more when it is told again', async () => {
    await using counterpart = await subject.start()
    const { lever, effect } = counterpart
    await lever.apply(effect, never)
    const before = counterpart.footprint()
    expect((await lever.apply(effect, never)).state).toBe(subject.accepts)
    expect(counterpart.footprint()).toEqual(before)
    expect(await counterpart.isOut()).toBe(true)
  })

  it('takes back what it can take back, also what was never applied', async () => {
    await using counterpart = await subject.start()
    const { lever, effect } = counterpart
    const lift = (key: string) => lever.lift({ ...effect, operation: 'lift', key: `${effect.key}:${key}` }, never)
    expect((await lift('lift-1')).state).not.toBe('failed')
    await lever.apply(effect, never)
    expect((await lift('lift-2')).state).not.toBe('failed')
    expect(await counterpart.isOut()).toBe(!subject.traits.isReversible)
  })

  it('says that it cannot where it is not told whom to deny', async () => {
    await using counterpart = await subject.start()
    const { lever, effect } = counterpart
    const answer = await lever.apply({ ...effect, revocation: null }, never)
    expect(answer.state).toBe('failed')
    expect(answer.detail).not.toBe('')
    expect(await counterpart.isOut()).toBe(false)
  })

  it('tells its name and what it recognises requests by', async () => {
    await using counterpart = await subject.start()
    expect(counterpart.lever.name).toBe(subject.traits.name)
    expect(subject.traits.scopes.length).toBeGreaterThan(0)
    expect(counterpart.lever.preview !== undefined).toBe(subject.traits.canPreview)
  })
})

const remote = subjects.filter(({ isRemote }) => isRemote)

describe.each(remote)('$name far away', (subject) => {
  it('is tried again where nobody answers, and then does it', async () => {
    await using counterpart = await subject.start()
    const { lever, effect } = counterpart
    await counterpart.goAway()
    await expect(lever.apply(effect, never)).rejects.toMatchObject({ disposition: 'retry' })
    await counterpart.comeBack()
    // Whoever keeps a connection needs a moment to find that it can be made again.
    await expect
      .poll(() => lever.apply(effect, never).catch(() => null), { timeout: 5_000 })
      .toMatchObject({
        state: subject.accepts,
      })
    expect(await counterpart.isOut()).toBe(true)
  })

  it('fails for good where it is refused', async () => {
    await using counterpart = await subject.start()
    const { effect, refusedLever } = counterpart
    const answer = await refusedLever.apply(effect, never).catch((error: unknown) => error)
    const isFinal = 'state' in (answer as object) ? { state: 'failed' } : { disposition: 'reject' }
    expect(answer).toMatchObject(isFinal)
    expect(await counterpart.isOut()).toBe(false)
  })

  it('ends when it is told to', async () => {
    await using counterpart = await subject.start()
    const { lever, effect } = counterpart
    await expect(lever.apply(effect, AbortSignal.abort())).rejects.toThrow()
  })
})

const previewing = subjects.filter(({ traits }) => traits.canPreview)

describe.each(previewing)('$name asked what it would do', (subject) => {
  it('says who else it hits and changes nothing', async () => {
    await using counterpart = await subject.start()
    const before = counterpart.footprint()
    const text = await counterpart.lever.preview?.(makeEffect({ ...counterpart.effect, operation: 'preview' }), never)
    expect(text).toMatch(subject.preview ?? /$^/)
    expect(counterpart.footprint()).toEqual(before)
    expect(await counterpart.isOut()).toBe(false)
  })
})
