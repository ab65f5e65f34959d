import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'
import type { StoreClient } from './client.ts'

const lockTable = 'schema_migrations_lock'
const retryMs = 250
/** A migration takes moments: a lock that is older is of a process that died with it. */
const staleSeconds = 120

/**
 * Runs `work` while no other process does: of several that make the same table, one succeeds. The lock of a process that
 * died is taken away after two minutes.
 */
export const underMigrationLock = async (client: StoreClient, work: () => Promise<void>): Promise<void> => {
  while (!(await tryLock(client))) {
    await delay(retryMs)
    await dropStale(client)
  }
  try {
    await work()
  } finally {
    await client.command(`DROP TABLE IF EXISTS ${lockTable}`)
  }
}

const tryLock = async (client: StoreClient): Promise<boolean> => {
  try {
    await client.command(`CREATE TABLE ${lockTable} (nothing UInt8) ENGINE = Memory`)
    return true
  } catch (error) {
    const isTaken = error instanceof AgenttrailError && error.message.includes('already exists')
    if (isTaken) return false
    throw error
  }
}

const dropStale = async (client: StoreClient): Promise<void> => {
  const [found] = await client.query<{ readonly age: number }>(
    `SELECT dateDiff('second', metadata_modification_time, now()) AS age FROM system.tables
      WHERE database = currentDatabase() AND name = {name:String} LIMIT 1`,
    { name: lockTable },
  )
  if (found !== undefined && found.age > staleSeconds) await client.command(`DROP TABLE IF EXISTS ${lockTable}`)
}
