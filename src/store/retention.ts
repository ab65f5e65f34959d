import type { StoreClient } from './client.ts'

/** How long what is stored is kept, counted from when a row's id was first written. */
export interface Retention {
  readonly eventsMs: number
  readonly payloadsMs: number
  /** The part of the store's disk that may be used, or bytes that our tables may take. */
  readonly diskMax: { readonly share: number } | { readonly bytes: number }
}

export type RemovalReason = 'age' | 'disk'

export interface Removal {
  readonly table: string
  /** As the store names it: `202611`, or `20261124` of payloads. */
  readonly partition: string
  readonly reason: RemovalReason
  readonly bytes: number
  /** Rows that a legal hold kept. */
  readonly rowsHeld: number
}

export interface SpaceReport {
  readonly usedBytes: number
  readonly budgetBytes: number
  /** Above the budget with no payloads left to give: only an operator can help. */
  readonly isOverBudget: boolean
  readonly removals: readonly Removal[]
}

/**
 * One round of it: partitions all of whose rows are too old go, then, while the disk is too full, the oldest payloads. A
 * partition goes whole or, where a session under legal hold has rows in it, with those rows left: months, and days of
 * payloads, are kept at least as long as the setting says and up to one partition longer. Rejects as the client does.
 */
export const sweepOld = async (client: StoreClient, retention: Retention, nowMs: number): Promise<SpaceReport> => {
  const partitions = await readPartitions(client)
  const hasHolds = await anyHeld(client)
  const removals: Removal[] = []
  for (const partition of partitions.filter((each) => isExpired(each, retention, nowMs))) {
    removals.push(await remove(client, partition, 'age', hasHolds))
  }
  const space = await readSpace(client, retention.diskMax)
  const candidates = partitions.filter(({ table }) => table === 'payloads').filter((each) => !isIn(removals, each))
  // A day that is still being written is not taken away under the writer.
  candidates.pop()
  let { usedBytes } = space
  for (const partition of candidates) {
    if (usedBytes <= space.budgetBytes) break
    const removal = await remove(client, partition, 'disk', hasHolds)
    removals.push(removal)
    usedBytes -= removal.bytes
  }
  return {
    usedBytes,
    budgetBytes: space.budgetBytes,
    isOverBudget: usedBytes > space.budgetBytes,
    removals: removals.filter(({ bytes }) => bytes > 0),
  }
}

interface Partition {
  readonly table: KeptTable
  readonly partition: string
  readonly bytes: number
}

/** Events a held session's calls were made of; their layers name them. */
const heldEvents = `event_id IN (SELECT JSONExtractString(layer, 'eventId') FROM agent_calls
  ARRAY JOIN JSONExtractArrayRaw(layers) AS layer WHERE session_id IN (SELECT id FROM held_sessions))`

/** Which rows of a table belong to a session under legal hold; null = none can. */
const heldRows = {
  payloads: heldEvents,
  events: heldEvents,
  dead_letters: null,
  calls: 'session_id IN (SELECT id FROM held_sessions)',
  sessions: 'id IN (SELECT id FROM held_sessions)',
  findings: 'arrayExists(session -> session IN (SELECT id FROM held_sessions), session_ids)',
  actions: `incident_id IN (SELECT incident_id FROM agent_findings
    WHERE arrayExists(session -> session IN (SELECT id FROM held_sessions), session_ids))`,
  // Among them the record of the holds themselves.
  commands: "target IN (SELECT concat('session:', id) FROM held_sessions)",
} as const satisfies Readonly<Record<string, string | null>>

type KeptTable = keyof typeof heldRows

/** Payloads and events before the calls that tell whose they are. */
const keptTables = Object.keys(heldRows) as KeptTable[]

const readPartitions = (client: StoreClient): Promise<Partition[]> =>
  client.query<Partition>(
    `SELECT table, partition, toUInt64(sum(bytes_on_disk)) AS bytes FROM system.parts
     WHERE active AND database = currentDatabase() AND table IN {tables:Array(String)}
     GROUP BY table, partition ORDER BY indexOf({tables:Array(String)}, table), partition`,
    { tables: keptTables },
  )

const isExpired = ({ table, partition }: Partition, retention: Retention, nowMs: number): boolean =>
  endMsOf(partition) + (table === 'payloads' ? retention.payloadsMs : retention.eventsMs) <= nowMs

/** When the month or day of a partition is over, UTC. */
const endMsOf = (partition: string): number => {
  const [year, month, day] = [partition.slice(0, 4), partition.slice(4, 6), partition.slice(6, 8)].map(Number)
  return day === undefined || day === 0
    ? Date.UTC(year ?? 0, month ?? 0, 1)
    : Date.UTC(year ?? 0, (month ?? 0) - 1, day + 1)
}

const isIn = (removals: readonly Removal[], { table, partition }: Partition): boolean =>
  removals.some((each) => each.table === table && each.partition === partition)

const anyHeld = async (client: StoreClient): Promise<boolean> => {
  const rows = await client.query('SELECT id FROM held_sessions LIMIT 1')
  return rows.length > 0
}

const remove = async (
  client: StoreClient,
  { table, partition, bytes }: Partition,
  reason: RemovalReason,
  hasHolds: boolean,
): Promise<Removal> => {
  const held = hasHolds ? heldRows[table] : null
  const rowsHeld = held === null ? 0 : await countHeld(client, table, partition, held)
  if (rowsHeld === 0 || held === null) {
    // Digits: the partition keys are dates.
    await client.command(`ALTER TABLE ${table} DROP PARTITION ID '${partition}'`)
    return { table, partition, reason, bytes, rowsHeld: 0 }
  }
  if (rowsHeld === (await countRows(client, table, partition))) return { table, partition, reason, bytes: 0, rowsHeld }
  await client.command(
    `ALTER TABLE ${table} DELETE IN PARTITION ID '${partition}' WHERE NOT (${held}) SETTINGS mutations_sync = 1`,
  )
  return { table, partition, reason, bytes, rowsHeld }
}

const countHeld = (client: StoreClient, table: KeptTable, partition: string, held: string): Promise<number> =>
  count(client, `${table} WHERE _partition_id = {partition:String} AND (${held})`, partition)

const countRows = (client: StoreClient, table: KeptTable, partition: string): Promise<number> =>
  count(client, `${table} WHERE _partition_id = {partition:String}`, partition)

const count = async (client: StoreClient, from: string, partition: string): Promise<number> => {
  const [row] = await client.query<{ readonly rows: number }>(`SELECT count() AS rows FROM ${from}`, { partition })
  return row?.rows ?? 0
}

const readSpace = async (
  client: StoreClient,
  diskMax: Retention['diskMax'],
): Promise<{ readonly usedBytes: number; readonly budgetBytes: number }> => {
  if ('bytes' in diskMax) {
    const [row] = await client.query<{ readonly bytes: number }>(
      'SELECT toUInt64(sum(bytes_on_disk)) AS bytes FROM system.parts WHERE active AND database = currentDatabase()',
    )
    return { usedBytes: row?.bytes ?? 0, budgetBytes: diskMax.bytes }
  }
  // Several disks: all of them, since parts may move between them.
  const [row] = await client.query<{ readonly total: number; readonly used: number }>(
    'SELECT toUInt64(sum(total_space)) AS total, toUInt64(sum(total_space - free_space)) AS used FROM system.disks',
  )
  return { usedBytes: row?.used ?? 0, budgetBytes: Math.floor((row?.total ?? 0) * diskMax.share) }
}
