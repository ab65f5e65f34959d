import { afterAll, beforeAll, expect, it } from 'vitest'
import { createEndedSessions } from '../../src/store/readers/ended-sessions.ts'
import { baseMs, baseUs, makeSession } from '../fakes/rows.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

// Goal: every session that ends is told, and every one that changes after its end, however small the pages.
// Method: sessions that end one after the other, and changes of several under one mark, are asked for one at a time.

const idleMs = 30 * 60_000
let nowMs = baseMs
let store: TestStore
beforeAll(async () => {
  store = await openTestStore()
})
afterAll(() => store.close())

const session = (index: number, version = 1) =>
  makeSession({ id: `s${index}`, startUs: baseUs, endUs: baseUs + index * 1000, version, risk: version })

it('tells each once, in pages', async () => {
  const endedSessions = createEndedSessions(store.client, { now: () => new Date(nowMs), idleMs })
  const all = async (limit: number): Promise<readonly string[]> => {
    const ids: string[] = []
    for (;;) {
      const page = await endedSessions(limit)
      if (page.length === 0) return ids
      ids.push(...page.map(({ id }) => id))
    }
  }
  expect(await all(10)).toEqual([])
  await store.store((sink) => {
    for (let index = 0; index < 5; index += 1) sink.session(session(index), 1)
  })
  expect(await all(2)).toEqual([])

  nowMs = baseMs + idleMs + 1000
  expect(await all(1)).toEqual(['s0', 's1', 's2', 's3', 's4'])
  expect(await all(1)).toEqual([])

  await store.store((sink) => {
    for (const index of [1, 3]) {
      sink.session(session(index), -1)
      sink.session(session(index, 2), 1)
    }
  })
  expect(await all(1)).toEqual(['s1', 's3'])
  expect(await all(1)).toEqual([])
})
