import { pino } from 'pino'
import { expect, test } from 'vitest'
import { AgenttrailError } from '../../../src/errors.ts'
import { RetentionKeeper } from '../../../src/run/retention-keeper.ts'
import type { StoreClient } from '../../../src/store/client.ts'
import type { Logger } from '../../../src/telemetry/logger.ts'

const day = 86_400_000
const retention = { eventsMs: 400 * day, payloadsMs: 30 * day, diskMax: { share: 0.8 } }

/** A store that has two days of payloads on a full disk, or that is away. */
const storeWith = (isAway: () => boolean): { readonly client: StoreClient; readonly commands: string[] } => {
  const commands: string[] = []
  const days = new Set(['20260504', '20260505'])
  const answer = (sql: string): unknown[] => {
    if (isAway()) throw new AgenttrailError('AGT_STORE_UNAVAILABLE', 'away')
    if (sql.includes('system.disks')) return [{ total: 1000, used: 900 }]
    if (sql.includes('held_sessions')) return []
    return [...days].map((partition) => ({ table: 'payloads', partition, bytes: 60 }))
  }
  const client = {
    query: async (sql: string) => answer(sql),
    command: async (sql: string) => {
      commands.push(sql)
      days.delete(/ID '(\d+)'/.exec(sql)?.[1] ?? '')
    },
  }
  return { client: client as unknown as StoreClient, commands }
}

const logged = (): { readonly lines: string[]; readonly log: Logger } => {
  const lines: string[] = []
  return { lines, log: pino<never>({ base: null }, { write: (line: string) => void lines.push(line) }) }
}

test('says what it removed and why, and once that nothing is left to remove', async () => {
  const { client, commands } = storeWith(() => false)
  const { lines, log } = logged()
  const now = () => Date.UTC(2026, 4, 6)
  const keeper = new RetentionKeeper({ client, retention, everyMs: 5, now, log })
  keeper.start()
  await expect.poll(() => keeper.space().isOverBudget).toBe(true)
  await new Promise((resolve) => setTimeout(resolve, 30))
  await keeper.stop()
  expect(commands).toEqual(["ALTER TABLE payloads DROP PARTITION ID '20260504'"])
  expect(keeper.space()).toEqual({
    usedBytes: 900,
    budgetBytes: 800,
    isOverBudget: true,
    removedBytes: { disk: 60 },
  })
  expect(lines.filter((line) => line.includes('no payloads are left'))).toHaveLength(1)
  expect(lines.filter((line) => line.includes('oldest payloads were removed'))).toHaveLength(1)
})

test('goes on when the store was away for a round', async () => {
  let isAway = true
  const { client } = storeWith(() => isAway)
  const { lines, log } = logged()
  const keeper = new RetentionKeeper({ client, retention, everyMs: 5, now: () => Date.UTC(2026, 4, 6), log })
  keeper.start()
  await expect.poll(() => lines.some((line) => line.includes('in the next round'))).toBe(true)
  expect(keeper.space().budgetBytes).toBe(0)
  isAway = false
  await expect.poll(() => keeper.space().budgetBytes).toBe(800)
  await keeper.stop()
})
