import { randomUUID } from 'node:crypto'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ChdbResult, type RawInsertFormat, Session } from 'chdb'
import { Gate } from './gate.ts'
import { formatOf, type InsertTarget, quote, type Statement, verb } from './statement.ts'

/** What a statement did, for `X-ClickHouse-Summary`. */
export interface Summary {
  readonly readRows: number
  readonly readBytes: number
  readonly writtenRows: number
}

/** Where the answer goes. `write` resolves when more is wanted, and rejects once nobody listens any more. */
export interface Answer {
  readonly format: (name: string) => void
  readonly summary: (summary: Summary) => void
  readonly write: (chunk: Uint8Array) => Promise<void>
}

export type RunStatement = (statement: Statement, answer: Answer) => Promise<void>

/** Formats whose chunks make one answer when they follow each other. Others carry a head or a foot and are answered whole. */
const streamable =
  /^(JSONEachRow|JSONCompactEachRow|JSONStringsEachRow|TabSeparated|TSV|CSV|RowBinary|Native|LineAsString)$/i
const textFormats = new Set([
  'JSONEachRow',
  'JSONCompactEachRow',
  'CSV',
  'CSVWithNames',
  'TSV',
  'TabSeparated',
  'TSVWithNames',
  'TabSeparatedWithNames',
])
const readVerbs = new Set(['SELECT', 'WITH', 'SHOW', 'DESCRIBE', 'DESC', 'EXISTS', 'EXPLAIN'])

/** Two inserts gain a half over one, a third nothing; readers must leave threads to them. */
const writesInFlightMax = 2
const readsInFlightMax = 6

/** Runs statements, each in a session of its own: a setting or parameter of one request never reaches the next. */
export const createRunStatement = (deps: {
  readonly storeDir: string
  /** For data of inserts that arrive as a body. */
  readonly scratchDir: string
  readonly readMemoryBytesMax: number
}): RunStatement => {
  const writes = new Gate(writesInFlightMax)
  const reads = new Gate(readsInFlightMax)

  return (statement, answer) => {
    const isRead = readVerbs.has(verb(statement.sql))
    return (isRead ? reads : writes).run(async () => {
      const session = new Session(deps.storeDir)
      try {
        await prepare(session, statement, isRead ? deps.readMemoryBytesMax : 0)
        if (statement.insert !== null)
          answer.summary(await insert(session, statement.insert, statement, deps.scratchDir))
        else if (isRead) {
          const format = formatOf(statement.sql) || statement.defaultFormat
          await answerRead(session, statement.sql, { format, answer })
        } else answer.summary(written(await session.queryAsync(statement.sql, { format: statement.defaultFormat })))
      } finally {
        session.close()
      }
    })
  }
}

const prepare = async (session: Session, statement: Statement, memoryBytesMax: number): Promise<void> => {
  const settings = [...statement.settings]
  if (memoryBytesMax > 0) settings.unshift(['max_memory_usage', String(memoryBytesMax)])
  if (settings.length > 0) {
    await session.queryAsync(`SET ${settings.map(([name, value]) => `${name} = ${quote(value)}`).join(', ')}`)
  }
  const { database } = statement
  if (database !== '' && database !== 'default') await session.queryAsync(`USE \`${database.replaceAll('`', '')}\``)
}

/** Reads in a session that is prepared: as a stream where the format allows it. */
export const answerRead = async (
  session: Session,
  sql: string,
  { format, answer }: { readonly format: string; readonly answer: Answer },
): Promise<void> => {
  answer.format(format)
  const word = verb(sql)
  if ((word === 'SELECT' || word === 'WITH') && streamable.test(format)) {
    for await (const chunk of session.queryStream(sql, { format })) await answer.write(chunk.raw())
    return
  }
  const result = await session.queryAsync(sql, { format })
  answer.summary({ ...written(result), writtenRows: 0 })
  await answer.write(result.bytes())
}

const written = (result: ChdbResult): Summary => ({
  readRows: result.rowsRead,
  readBytes: result.bytesRead,
  writtenRows: result.rowsRead,
})

const insert = async (
  session: Session,
  target: InsertTarget,
  statement: Statement,
  scratchDir: string,
): Promise<Summary> => {
  if (target.settings !== '') await session.queryAsync(`SET ${target.settings}`)
  if (textFormats.has(target.format)) {
    const summary = await session.insert({
      table: target.table,
      values: statement.data,
      format: target.format as RawInsertFormat,
      ...(target.columns.length > 0 ? { columns: target.columns } : {}),
    })
    return { readRows: summary.rowsWritten, readBytes: summary.bytesSent, writtenRows: summary.rowsWritten }
  }
  // The engine's raw insert takes text only; other formats it reads from a file.
  const file = join(scratchDir, `${randomUUID()}.insert`)
  await writeFile(file, statement.data, { mode: 0o600 })
  try {
    const structure = await describe(session, target)
    const columns = structure.map(({ name }) => `\`${name}\``)
    const shape = structure.map(({ name, type }) => `\`${name}\` ${type}`).join(', ')
    const source = `file(${quote(file)}, ${quote(target.format)}, ${quote(shape)})`
    return written(
      await session.queryAsync(`INSERT INTO ${target.table} (${columns.join(', ')}) SELECT * FROM ${source}`),
    )
  } finally {
    await rm(file, { force: true })
  }
}

interface DescribedColumn {
  readonly name: string
  readonly type: string
}

/** The columns that the data holds, in its order. */
const describe = async (session: Session, target: InsertTarget): Promise<readonly DescribedColumn[]> => {
  const answer = await session.queryAsync(`DESCRIBE TABLE ${target.table}`, { format: 'JSONEachRow' })
  const all = answer
    .text()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DescribedColumn)
  if (target.columns.length === 0) return all
  return target.columns.map((name) => all.find((column) => column.name === name) ?? { name, type: 'String' })
}
