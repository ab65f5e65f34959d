import type { Config } from '../config.ts'
import { createLogger } from '../telemetry/logger.ts'
import { openStore } from './open-store.ts'

export interface AppliedMigration {
  readonly number: number
  readonly name: string
  readonly applied: string
}

/** Brings the store up to what this version writes, as every start does, and says what is applied now. */
export const migrateStore = async (config: Config): Promise<readonly AppliedMigration[]> => {
  const store = openStore({ config, log: createLogger({ level: config.logLevel, isTerminal: false }) })
  try {
    await store.ready
    return await store.client.query<AppliedMigration>(
      'SELECT number, name, toString(applied) AS applied FROM schema_migrations ORDER BY number LIMIT 10000',
    )
  } finally {
    await store.stop()
  }
}
