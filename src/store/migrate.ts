import { hash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { AgenttrailError } from '../errors.ts'
import type { StoreClient } from './client.ts'

interface Migration {
  readonly number: number
  readonly name: string
  readonly statements: readonly string[]
  readonly hash: string
}

interface AppliedRow {
  readonly number: number
  readonly name: string
  readonly hash: string
}

/**
 * Brings the store's tables up to what this code writes. Numbered files, forward only; one that was applied must be as it
 * was then. Safe to run again after a crash: every statement may be repeated.
 * Throws `AGT_DATA_DIR_NEWER` where the store knows a migration that this code does not.
 */
export const migrate = async (client: StoreClient): Promise<void> => {
  await client.command(`CREATE TABLE IF NOT EXISTS schema_migrations
    (number UInt32, name String, hash String, applied DateTime64(3, 'UTC') DEFAULT now64(3))
    ENGINE = MergeTree ORDER BY number`)
  const applied = await client.query<AppliedRow>(
    'SELECT number, name, hash FROM schema_migrations ORDER BY number LIMIT 10000',
  )
  const migrations = readMigrations()
  const newest = migrations.at(-1)?.number ?? 0
  for (const row of applied) checkApplied(row, migrations, newest)
  for (const migration of migrations) {
    if (applied.some((row) => row.number === migration.number)) continue
    for (const statement of migration.statements) await client.command(statement)
    await client.command(
      'INSERT INTO schema_migrations (number, name, hash) SELECT {number:UInt32}, {name:String}, {hash:String}',
      {
        number: migration.number,
        name: migration.name,
        hash: migration.hash,
      },
    )
  }
}

const checkApplied = (row: AppliedRow, migrations: readonly Migration[], newest: number): void => {
  if (row.number > newest) {
    throw new AgenttrailError(
      'AGT_DATA_DIR_NEWER',
      `The store has migration ${row.number} (${row.name}); this agenttrail knows ${newest}. Start the newer version, or restore a backup made before the upgrade.`,
    )
  }
  const known = migrations.find((migration) => migration.number === row.number)
  if (known !== undefined && known.hash !== row.hash) {
    throw new AgenttrailError(
      'AGT_STORE_REFUSED',
      `Migration ${known.name} is not what was applied to this store. A released file stays as it was: put it back, and write the change as the next number.`,
    )
  }
}

/** Beside `src` in a checkout, two levels above the built file in the published package. */
const directories = ['../../migrations/', '../../../migrations/'].map((path) => new URL(path, import.meta.url))

const readMigrations = (): Migration[] => {
  for (const directory of directories) {
    const names = namesIn(directory)
    if (names.length > 0) return names.map((name) => readMigration(new URL(name, directory), name))
  }
  throw new AgenttrailError('AGT_STORE_REFUSED', 'The migrations folder is missing: install the package again.')
}

const namesIn = (directory: URL): string[] => {
  try {
    return readdirSync(directory)
      .filter((name) => /^\d{4}-[a-z0-9-]+\.sql$/.test(name))
      .sort()
  } catch {
    // The other place has them.
    return []
  }
}

const readMigration = (url: URL, name: string): Migration => {
  const sql = readFileSync(url, 'utf8')
  return { number: Number.parseInt(name, 10), name, statements: statementsOf(sql), hash: hash('sha256', sql, 'hex') }
}

/** Statements end with a semicolon at the end of a line; comments stand on lines of their own. */
export const statementsOf = (sql: string): string[] =>
  sql
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('--'))
    .join('\n')
    .split(/;[ \t]*(?:\n|$)/)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
