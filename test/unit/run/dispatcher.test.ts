import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { AgenttrailError } from '../../../src/errors.ts'
import type { ReceiptEntry } from '../../../src/log/entry.ts'
import { MemoryLog } from '../../../src/log/memory-log.ts'
import type { Effect } from '../../../src/respond/effect.ts'
import type { Lever, LeverAnswer } from '../../../src/respond/lever.ts'
import { createDecisionServiceLever } from '../../../src/respond/levers/decision-service.ts'
import { Revocations } from '../../../src/respond/revocations.ts'
import { Dispatcher } from '../../../src/run/dispatcher.ts'
import { makeRevocation } from '../../fakes/revocations.ts'

const effect = (change: Partial<Effect> = {}): Effect => ({
  key: 'a-1:1',
  stage: 'send',
  ownerId: 'o',
  actionId: 'a-1',
  incidentId: 'i-1',
  realm: 'default',
  kind: 'revoke',
  target: 'session:s1',
  lever: 'decision-service',
  operation: 'apply',
  revocation: makeRevocation({ keys: ['user:u1'] }),
  page: null,
  ...change,
})

const times = { attemptMs: 200, deadlineMs: 1_000, backoffMs: 1, backoffMsMax: 2, breakMs: 60_000 }

const makeDispatcher = (...more: readonly Lever[]) => {
  const revocations = new Revocations()
  revocations.load([])
  const log = new MemoryLog()
  const levers = [createDecisionServiceLever({ revocations, now: () => 0 }), ...more]
  const failures: unknown[] = []
  const onFailure = (error: unknown): void => {
    failures.push(error)
  }
  const dispatcher = new Dispatcher({ log, levers, ownerId: 'o', now: () => 7, onFailure, times })
  const receipts = () => log.read(1, 1 << 20).map(({ entry }) => entry as ReceiptEntry)
  return { dispatcher, revocations, receipts, failures }
}

/** A lever that does what the test says, attempt by attempt; the last goes on for ever. */
const scripted = (...attempts: readonly ((signal: AbortSignal) => Promise<LeverAnswer>)[]) => {
  const done: string[] = []
  const play = (operation: string) => async (_effect: Effect, signal: AbortSignal) => {
    const attempt = attempts[Math.min(done.length, attempts.length - 1)]
    done.push(operation)
    if (operation === 'lift' || attempt === undefined) return { state: 'accepted', detail: '' } as const
    return attempt(signal)
  }
  return { done, lever: { name: 'far', apply: play('apply'), lift: play('lift') } satisfies Lever }
}

const down = async (): Promise<never> => {
  throw new AgenttrailError('AGT_LEVER_UNAVAILABLE', 'nobody answers')
}
const never = (): Promise<never> => Promise.withResolvers<never>().promise
const accept = async (): Promise<LeverAnswer> => ({ state: 'accepted', detail: 'thanks' })

it('asks for leave and does nothing before it was given', async () => {
  const { dispatcher, revocations, receipts } = makeDispatcher()
  await dispatcher.dispatch([effect({ stage: 'request', ownerId: '' })])
  expect(receipts()).toMatchObject([{ state: 'requested', effectKey: 'a-1:1', ownerId: 'o', timeMs: 7 }])
  expect(revocations.size).toBe(0)
  await dispatcher.dispatch([effect()])
  expect(receipts()[1]).toMatchObject({ state: 'enforced', detail: 'the decision service denies it by user' })
  expect(revocations.size).toBe(1)
})

it('leaves alone what another owner asked for', async () => {
  const { dispatcher, revocations, receipts } = makeDispatcher()
  await dispatcher.dispatch([effect({ ownerId: 'another' })])
  expect(receipts()).toEqual([])
  expect(revocations.size).toBe(0)
})

it('lifts after it has applied, however close they come', async () => {
  const { dispatcher, revocations } = makeDispatcher()
  const lift = effect({ key: 'a-1:2', operation: 'lift' })
  await Promise.all([dispatcher.dispatch([effect()]), dispatcher.dispatch([lift])])
  expect(revocations.size).toBe(0)
})

it('says so where there is nothing to deny, or no such lever', async () => {
  const { dispatcher, receipts, failures } = makeDispatcher()
  await dispatcher.dispatch([effect({ revocation: null }), effect({ actionId: 'a-2', lever: 'gone' })])
  expect(receipts().map(({ state, detail }) => `${state} ${detail}`)).toEqual([
    'failed gone is not configured any more',
    'failed there is nothing to deny',
  ])
  expect(failures).toEqual([])
})

it('tries again while the lever cannot be reached or is silent', async () => {
  const { lever, done } = scripted(down, never, accept)
  const { dispatcher, receipts } = makeDispatcher(lever)
  await dispatcher.dispatch([effect({ lever: 'far' })])
  expect(done).toHaveLength(3)
  expect(receipts()).toMatchObject([{ state: 'accepted', detail: 'thanks' }])
  expect(dispatcher.status().at(-1)).toMatchObject({ retries: 2, isBroken: false, answers: { accepted: 1 } })
})

it('does not try again what the lever refuses', async () => {
  const refuse = async (): Promise<never> => {
    throw new AgenttrailError('AGT_REQUEST_INVALID', 'no such key')
  }
  const { lever, done } = scripted(refuse)
  const { dispatcher, receipts } = makeDispatcher(lever)
  await dispatcher.dispatch([effect({ lever: 'far' })])
  expect(done).toEqual(['apply'])
  expect(receipts()).toMatchObject([{ state: 'failed', detail: 'no such key' }])
})

it('gives up at the deadline, and leaves a lever alone that fails in a row, without harm to the others', async () => {
  const { lever, done } = scripted(down)
  const { dispatcher, receipts } = makeDispatcher(lever)
  await Promise.all([
    dispatcher.dispatch([effect({ lever: 'far' })]),
    dispatcher.dispatch([effect({ actionId: 'a-2' })]),
  ])
  expect(done).toHaveLength(5)
  expect(receipts().map(({ actionId, state }) => [actionId, state])).toEqual([
    ['a-2', 'enforced'],
    ['a-1', 'failed'],
  ])
  expect(receipts()[1]?.detail).toBe('given up after 1 s: nobody answers')
  expect(dispatcher.status().at(-1)?.isBroken).toBe(true)
})

it('ends what it tries when it is to be taken back', async () => {
  const { lever, done } = scripted(never)
  const { dispatcher, receipts } = makeDispatcher(lever)
  const applying = dispatcher.dispatch([effect({ lever: 'far' })])
  await nextTurn()
  await dispatcher.dispatch([effect({ lever: 'far', key: 'a-1:2', operation: 'lift' })])
  await applying
  expect(done).toEqual(['apply', 'lift'])
  expect(receipts().map(({ effectKey, state }) => [effectKey, state])).toEqual([['a-1:2', 'accepted']])
})

it('leaves without an answer what it was at when it stopped', async () => {
  const { lever } = scripted(never)
  const { dispatcher, receipts } = makeDispatcher(lever)
  const applying = dispatcher.dispatch([effect({ lever: 'far' })])
  await dispatcher.stop()
  await applying
  expect(receipts()).toEqual([])
})
