import { expect, it } from 'vitest'
import type { ReceiptEntry } from '../../../src/log/entry.ts'
import { MemoryLog } from '../../../src/log/memory-log.ts'
import type { Effect } from '../../../src/respond/action.ts'
import { createDecisionServiceLever } from '../../../src/respond/levers/decision-service.ts'
import { Revocations } from '../../../src/respond/revocations.ts'
import { Dispatcher } from '../../../src/run/dispatcher.ts'
import { makeRevocation } from '../../fakes/revocations.ts'

const effect = (change: Partial<Effect> = {}): Effect => ({
  key: 'a-1:1',
  actionId: 'a-1',
  realm: 'default',
  kind: 'revoke',
  target: 'session:s1',
  operation: 'apply',
  revocation: makeRevocation({ keys: ['user:u1'] }),
  ...change,
})

const makeDispatcher = () => {
  const revocations = new Revocations()
  revocations.load([])
  /** Whether the revocation was in memory when an append became durable. */
  const seen: boolean[] = []
  const log = new MemoryLog({
    beforeDurable: async () => {
      seen.push(revocations.has('a-1'))
    },
  })
  const lever = createDecisionServiceLever({ revocations, now: () => 0 })
  const failures: unknown[] = []
  const onFailure = (error: unknown): void => {
    failures.push(error)
  }
  const dispatcher = new Dispatcher({ log, lever, ownerId: 'o', now: () => 7, onFailure })
  const receipts = () => log.read(1, 1 << 20).map(({ entry }) => entry as ReceiptEntry)
  return { dispatcher, revocations, receipts, seen, failures }
}

it('denies only after `requested` is durable, then says that it is enforced', async () => {
  const { dispatcher, receipts, seen } = makeDispatcher()
  await dispatcher.dispatch([effect()])
  expect(receipts().map(({ state, effectKey, timeMs }) => [state, effectKey, timeMs])).toEqual([
    ['requested', 'a-1:1', 7],
    ['enforced', 'a-1:1', 7],
  ])
  expect(receipts()[1]?.detail).toBe('the decision service denies it by user')
  expect(seen).toEqual([false, true])
})

it('lifts after it has applied, however close they come', async () => {
  const { dispatcher, revocations } = makeDispatcher()
  const lift = effect({ key: 'a-1:1:lift', operation: 'lift' })
  await Promise.all([dispatcher.dispatch([effect()]), dispatcher.dispatch([lift])])
  expect(revocations.size).toBe(0)
})

it('does once what comes again while it is under way, and again what comes later', async () => {
  const { dispatcher, receipts } = makeDispatcher()
  void dispatcher.dispatch([effect()])
  await dispatcher.dispatch([effect()])
  expect(receipts()).toHaveLength(2)
  await dispatcher.dispatch([effect()])
  expect(receipts()).toHaveLength(4)
})

it('says so where there is nothing to deny', async () => {
  const { dispatcher, receipts, failures } = makeDispatcher()
  await dispatcher.dispatch([effect({ revocation: null })])
  expect(receipts()[1]?.state).toBe('failed')
  expect(failures).toEqual([])
})
