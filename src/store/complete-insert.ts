import { createReadStream } from 'node:fs'
import { AgenttrailError } from '../errors.ts'
import type { StoreClient } from './client.ts'
import type { SealedSegment } from './segments.ts'
import { columnList, segmentSource, type Table } from './tables/table.ts'

export interface InsertInDoubt {
  readonly client: StoreClient
  readonly table: Table<never>
  readonly segment: SealedSegment
  readonly segmentMode: 'path' | 'body'
  readonly pause: (ms: number) => Promise<void>
  readonly onLog?: ((fields: Readonly<Record<string, unknown>>, message: string) => void) | undefined
}

/** An insert that still runs in the store, though its connection is lost, is over by then. */
const secondLookMs = 1_000

/**
 * The engine notes a token before the part that it stands for is there. Killed in between, it takes the repetition for a
 * duplicate and has nothing. So after an insert in doubt, of which the store says that it has it, the rows are looked for,
 * and those that are missing are inserted without a token.
 */
export const completeInsert = async (insert: InsertInDoubt): Promise<void> => {
  if ((await countMissing(insert)) === 0) return
  await insert.pause(secondLookMs)
  const missing = await countMissing(insert)
  if (missing === 0) return
  const { table, mark, rows } = insert.segment
  insert.onLog?.({ table, mark, missing, of: rows }, 'an insert was only noted; what is missing is inserted')
  await insertMissing(insert)
}

const countMissing = async (insert: InsertInDoubt): Promise<number> => {
  const { client, segment, table, segmentMode } = insert
  const sql =
    segmentMode === 'path'
      ? `SELECT count() AS rows FROM ${segmentSource(table, segment.file)} WHERE ${missingRows(insert)}`
      : `SELECT count() AS rows FROM ${table.name} WHERE ${ofMark}${table.isSigned ? ' AND sign = 1' : ''}`
  const [found] = await client.query<{ readonly rows: number }>(sql, markParams(segment))
  const rows = found?.rows ?? 0
  if (segmentMode === 'path') return rows
  if (rows >= segment.added) return 0
  // One month is one part, there or not, and nearly every mark is of one month.
  if (rows > 0) throw new AgenttrailError('AGT_STORE_REFUSED', 'a mark of two months is stored in part')
  return segment.rows
}

const insertMissing = (insert: InsertInDoubt): Promise<void> => {
  const { client, segment, table, segmentMode } = insert
  const into = `INSERT INTO ${table.name} (${columnList(table)}) SETTINGS insert_deduplicate = 0`
  if (segmentMode === 'body') {
    return client.insertStream(`${into} FORMAT RowBinary`, createReadStream(segment.file))
  }
  const source = segmentSource(table, segment.file)
  return client.command(`${into} SELECT * FROM ${source} WHERE ${missingRows(insert)}`, markParams(segment))
}

const ofMark = 'log_epoch = {epoch:String} AND log_mark = {mark:UInt64}'
const markParams = ({ epoch, mark }: SealedSegment) => ({ epoch, mark })

/**
 * Which rows of the segment the table lacks. Merges remove a row together with the one that takes it back, so of a signed
 * table's mark only rows that are not taken back yet are sure to be there (a later mark is not), and a row that takes back
 * was missing if what it takes back still counts.
 */
const missingRows = ({ table, segment }: InsertInDoubt): string => {
  const { name, key } = table
  if (!table.isSigned) return `${key} NOT IN (SELECT ${key} FROM ${name} WHERE ${ofMark})`
  const source = segmentSource(table, segment.file)
  const row = `(${key}, version)`
  return `if(sign = 1,
    ${row} NOT IN (SELECT ${key}, version FROM ${name} WHERE ${ofMark} AND sign = 1)
      AND ${row} NOT IN (SELECT ${key}, version FROM ${source} WHERE sign = -1),
    ${row} IN (SELECT ${key}, version FROM ${name} WHERE ${key} IN (SELECT ${key} FROM ${source} WHERE sign = -1)
      GROUP BY ${key}, version HAVING sum(sign) > 0))`
}
