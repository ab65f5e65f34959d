import { createStoreClient } from '../src/store/client.ts'
import { recordsPerBatch } from './crash-client.ts'

export interface Verdict {
  readonly acknowledged: number
  readonly stored: number
  /** Acknowledged records that are not in the store. */
  readonly lost: number
  /** Batches of which some records are in the store and some are not. */
  readonly partial: number
  /** Rows that say what another row says. */
  readonly duplicate: number
  /** Calls, sessions, findings and actions whose rows do not collapse to one. */
  readonly uncollapsed: number
}

/** Compares the store with what was acknowledged. Without FINAL: what is stored twice shows. */
export const readVerdict = async (engineSocket: string, acknowledged: ReadonlySet<number>): Promise<Verdict> => {
  const client = createStoreClient({ socketPath: engineSocket })
  const batches = await client.query<{ batch: string; rows: number; records: number; events: number }>(
    `SELECT substring(http_request_id, 1, 8) AS batch, count() AS rows, uniqExact(http_request_id) AS records,
       uniqExact(event_id) AS events FROM events WHERE source = 'crash' GROUP BY batch`,
  )
  let uncollapsed = 0
  for (const table of ['calls', 'sessions', 'findings', 'actions']) {
    const [row] = await client.query<{ n: number }>(
      `SELECT count() AS n FROM (SELECT id, sum(sign) AS left FROM ${table} GROUP BY id HAVING left NOT IN (0, 1))`,
    )
    uncollapsed += row?.n ?? 0
  }
  await client.close()

  const recordsOf = new Map(batches.map((row) => [Number.parseInt(row.batch, 16), row.records]))
  const sum = (of: (row: (typeof batches)[number]) => number): number =>
    batches.reduce((total, row) => total + of(row), 0)
  return {
    acknowledged: acknowledged.size * recordsPerBatch,
    stored: sum((row) => row.rows),
    lost: [...acknowledged].reduce((total, batch) => total + recordsPerBatch - (recordsOf.get(batch) ?? 0), 0),
    partial: batches.filter((row) => row.records < recordsPerBatch).length,
    duplicate: sum((row) => row.rows - Math.min(row.records, row.events)),
    uncollapsed,
  }
}
