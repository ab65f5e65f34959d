import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { underMigrationLock } from '../../src/store/migration-lock.ts'
import { openTestStore, type TestStore } from '../fakes/test-store.ts'

let store: TestStore
beforeAll(async () => {
  store = await openTestStore()
})
afterAll(() => store.close())

it('lets one process migrate at a time, and the next one when it is done or has failed', async () => {
  let inside = 0
  let most = 0
  const work = async (fails: boolean): Promise<void> => {
    inside += 1
    most = Math.max(most, inside)
    await delay(50)
    inside -= 1
    if (fails) throw new Error('a migration that fails')
  }
  const runs = [false, true, false].map((fails) => underMigrationLock(store.client, () => work(fails)))
  expect((await Promise.allSettled(runs)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(most).toBe(1)
  const left = await store.client.query("SELECT name FROM system.tables WHERE name = 'schema_migrations_lock' LIMIT 1")
  expect(left).toEqual([])
})
