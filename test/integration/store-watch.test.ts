import { afterAll, beforeAll, expect, test } from 'vitest'
import { StoreWatch } from '../../src/run/store-watch.ts'
import { baseMs, baseUs, makeAction, makeStoredEvent } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

let store: TestStore

beforeAll(async () => {
  store = await openTestStore()
  await store.store((sink) => {
    const event = (eventId: string, kind: 'decision' | 'access', lateSeconds: number): void =>
      sink.event(
        makeStoredEvent({ eventId, kind, source: 'edge', observedTimeUs: baseUs, timeUs: baseUs - lateSeconds * 1e6 }),
      )
    event('e1', 'decision', 1)
    event('e2', 'decision', 2)
    event('e3', 'access', -7)
    // Received long ago.
    sink.event(makeStoredEvent({ eventId: 'e4', source: 'old', observedTimeUs: baseUs - 3_600_000_000 }))
    const steps = ['proposed', 'undone', 'proposed', 'requested', 'failed'] as const
    const transitions = steps.map((state, at) => ({ state, timeMs: baseMs + at * 100, detail: '' }))
    sink.action(makeAction({ id: 'a1', kind: 'revoke', state: 'failed', transitions }), 1)
    sink.action(makeAction({ id: 'a2', kind: 'revoke', state: 'failed' }), 1)
    sink.action(makeAction({ id: 'a3', kind: 'revoke', state: 'failed', firstWrittenMs: baseMs - 90_000_000 }), 1)
  })
})

afterAll(() => store?.close())

test('reads what newest events say of their sources, and how actions stand', async () => {
  const watch = new StoreWatch({ client: store.client, everyMs: 3_600_000, now: () => baseMs + 1000 })
  expect(watch.readings().storeAnswers).toBeNull()
  watch.start()
  await watch.stop()
  expect(watch.readings()).toEqual({
    storeAnswers: true,
    events: [{ realm: 'default', source: 'edge', aheadSeconds: 7, delaySeconds: 1, decisions: 2, accesses: 1 }],
    actions: [{ kind: 'revoke', state: 'failed', count: 2 }],
    responseTimes: [{ kind: 'revoke', milestone: 'requested', p50: 0.1, p99: 0.1, max: 0.1 }],
  })
})

test('a store that is away is a reading too', async () => {
  const away = { ...store.client, query: () => Promise.reject(new Error('away')) }
  const watch = new StoreWatch({ client: away, everyMs: 3_600_000, now: () => baseMs })
  watch.start()
  await watch.stop()
  expect(watch.readings()).toEqual({ storeAnswers: false, events: [], actions: [], responseTimes: [] })
})
