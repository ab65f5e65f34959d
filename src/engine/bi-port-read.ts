import { Session } from 'chdb'
import { type BiScope, checkQuery } from './bi-port-check.ts'
import { readerSettings } from './bi-port-settings.ts'
import { Gate } from './gate.ts'
import { type Answer, answerRead } from './run-statement.ts'
import { formatOf, quote, type Statement } from './statement.ts'

/** Answers a reader's query, or rejects with the engine's kind of error. */
export type BiRead = (statement: Statement, scope: BiScope, answer: Answer) => Promise<void>

/** Few, so that intake and the console keep their threads. */
const readsInFlightMax = 3
const sqlCharsMax = 256 * 1024

/**
 * Reads for people who are not trusted with more. The engine writes the query down again, which leaves one statement without
 * comments, and shows its tree; what is not on the lists does not run. Then it runs with bounds, in a session that can write
 * nothing and set nothing.
 */
export const createBiRead = (deps: { readonly storeDir: string; readonly memoryBytesMax: number }): BiRead => {
  const gate = new Gate(readsInFlightMax)
  return (statement, scope, answer) =>
    gate.run(async () => {
      const session = new Session(deps.storeDir)
      try {
        const sql = await written(session, statement.sql)
        const storedTables = await namesOfTables(session)
        const settings = readerSettings(statement.settings, { scope, memoryBytesMax: deps.memoryBytesMax })
        for (const each of settings) await session.queryAsync(each)
        const tree = await textOf(session, `EXPLAIN AST ${sql}`)
        const problem = checkQuery({ sql, tree, storedTables }, scope)
        if (problem !== null) throw new Error(`Code: 497. DB::Exception: Not answered: ${problem}. (ACCESS_DENIED)`)
        await answerRead(session, sql, { format: formatOf(sql) || statement.defaultFormat, answer })
      } finally {
        session.close()
      }
    })
}

const textOf = async (session: Session, sql: string): Promise<string> =>
  (await session.queryAsync(sql, { format: 'TabSeparatedRaw' })).text()

/** The query on one line as the engine understands it. Refuses more than one statement. */
const written = async (session: Session, sql: string): Promise<string> => {
  if (sql.length > sqlCharsMax) {
    throw new Error(`Code: 62. DB::Exception: A query holds at most ${sqlCharsMax} characters. (SYNTAX_ERROR)`)
  }
  try {
    return (await textOf(session, `SELECT formatQuerySingleLine(${quote(sql)})`)).replace(/\n$/, '')
  } catch (error) {
    // What follows names our own query around the reader's.
    const text = (error instanceof Error ? error.message : String(error)).replace(/: In scope SELECT format[\s\S]*/, '')
    throw new Error(`${text.trim()} (SYNTAX_ERROR)`, { cause: error })
  }
}

const namesOfTables = async (session: Session): Promise<ReadonlySet<string>> =>
  new Set((await textOf(session, "SELECT name FROM system.tables WHERE database = 'default'")).split('\n'))
