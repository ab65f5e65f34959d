import type { Page, PageRequest, TimeRange } from '../../api/read-model.ts'
import { AgenttrailError } from '../../errors.ts'
import type { QueryParams, StoreClient } from '../client.ts'
import { microsOf } from './times.ts'

/** A condition with the parameters it names. */
export interface Clause {
  readonly sql: string
  readonly params: QueryParams
}

/** The condition, if it is asked for: `sql` names the value `{name:…}`. */
export const asked = (name: string, value: string | number | undefined, sql: string): readonly Clause[] =>
  value === undefined ? [] : [{ sql, params: { [name]: value } }]

export const ofRealm = (realm: string): Clause => ({ sql: 'realm = {realm:String}', params: { realm } })

/** Microseconds since 1970: from `fromUs` on, before `toUs`. */
export interface MicrosRange {
  readonly fromUs: number
  readonly toUs: number
}

const dayUs = 86_400_000_000
const defaultDays = 30
/** Clocks of sources run ahead; what they stamp must not hide from a list that ends now. */
const aheadUs = 3_600_000_000

export const microsRange = ({ from, to }: TimeRange, now: Date): MicrosRange => {
  const nowUs = now.getTime() * 1000
  const toUs = to === '' ? nowUs + aheadUs : givenTime(to)
  return { fromUs: from === '' ? Math.min(nowUs, toUs) - defaultDays * dayUs : givenTime(from), toUs }
}

const givenTime = (text: string): number => {
  const us = microsOf(text)
  if (us === null) throw new AgenttrailError('AGT_REQUEST_INVALID', `"${text}" is not an RFC 3339 time.`)
  return us
}

/** Tables whose rows may be taken back by a row of the opposite sign. */
export type SignedTable = 'actions' | 'calls' | 'findings' | 'sessions'
export type PlainTable = 'commands' | 'dead_letters' | 'events' | 'payloads'

/** What is listed: rows of `table` in the order of a time column and an id. */
export interface List {
  readonly table: SignedTable | PlainTable
  readonly columns: string
  readonly timeColumn: string
  readonly idColumn: string
  readonly order: 'newestFirst' | 'oldestFirst'
  readonly clauses: readonly Clause[]
  readonly range: MicrosRange
  /** How far back to look at first, where rows are many. */
  readonly firstSpanUs?: number
}

/** One page of a realm's rows that meet all conditions. */
export type ListWhere<T> = (
  realm: string,
  where: { readonly clauses: readonly Clause[]; readonly range: MicrosRange },
  page: PageRequest,
) => Promise<Page<T>>

/** Every row also says where it stands, so that the next page can begin behind it. */
interface Placed {
  readonly at_us: number
  readonly at_id: string
}

/** How much larger each next part of the range is that is looked at. */
const spanGrowth = 24

/**
 * Reads one page. With `firstSpanUs` the newest rows are looked for near the range's end first, then ever further back: a
 * list over a month costs what its page needs, not what the month holds.
 */
export const readPage = async <R extends object>(
  client: StoreClient,
  list: List,
  page: PageRequest,
): Promise<Page<R>> => {
  const cursor = page.cursor === null ? null : parseCursor(page.cursor)
  const { fromUs, toUs } = rangeBehind(list, cursor)
  for (let spanUs = list.firstSpanUs ?? toUs - fromUs; ; spanUs *= spanGrowth) {
    const startUs = list.order === 'newestFirst' ? Math.max(fromUs, toUs - spanUs) : fromUs
    const bounds = { startUs, endUs: toUs, cursor, rowsMax: page.limit + 1 }
    const rows = await client.query<R & Placed>(...statement(list, bounds))
    if (rows.length <= page.limit && startUs > fromUs) continue
    const items = rows.slice(0, page.limit)
    const last = rows.length > items.length ? items.at(-1) : undefined
    return { items, nextCursor: last === undefined ? null : cursorOf(last) }
  }
}

/** What of the range is still to come. */
const rangeBehind = ({ order, range }: List, cursor: Cursor | null): MicrosRange => {
  if (cursor === null) return range
  return order === 'newestFirst'
    ? { ...range, toUs: Math.min(range.toUs, cursor.us + 1) }
    : { ...range, fromUs: Math.max(range.fromUs, cursor.us) }
}

interface Cursor {
  readonly us: number
  readonly id: string
}

const statement = (
  list: List,
  bounds: {
    readonly startUs: number
    readonly endUs: number
    readonly cursor: Cursor | null
    readonly rowsMax: number
  },
): [sql: string, params: QueryParams] => {
  const { table, columns, timeColumn, idColumn } = list
  const [sign, direction] = list.order === 'newestFirst' ? ['<', 'DESC'] : ['>', 'ASC']
  const { cursor, startUs, endUs, rowsMax } = bounds
  const clauses: readonly Clause[] = [
    ...list.clauses,
    {
      sql: `${timeColumn} >= fromUnixTimestamp64Micro({startUs:Int64}, 'UTC') AND ${timeColumn} < fromUnixTimestamp64Micro({endUs:Int64}, 'UTC')`,
      params: { startUs, endUs },
    },
    ...(cursor === null
      ? []
      : [
          {
            sql: `(${timeColumn}, ${idColumn}) ${sign} (fromUnixTimestamp64Micro({cursorUs:Int64}, 'UTC'), {cursorId:String})`,
            params: { cursorUs: cursor.us, cursorId: cursor.id },
          },
        ]),
  ]
  return [
    `SELECT ${columns}, toUnixTimestamp64Micro(${timeColumn}) AS at_us, ${idColumn} AS at_id
      FROM ${rowsOf(table, clauses)}
      ORDER BY ${timeColumn} ${direction}, ${idColumn} ${direction} LIMIT {rowsMax:UInt32}`,
    Object.assign({ rowsMax }, ...clauses.map(({ params }) => params)),
  ]
}

/**
 * A row and the one that takes it back say the same, so the conditions may come before the two cancel out: only what they
 * let through is merged. The views can not do that, for they do not know what will be asked.
 */
const rowsOf = (table: List['table'], clauses: readonly Clause[]): string => {
  const condition = clauses.map(({ sql }) => `(${sql})`).join(' AND ')
  return signedTables.has(table) ? `${table} FINAL PREWHERE ${condition} WHERE sign = 1` : `${table} WHERE ${condition}`
}

const signedTables: ReadonlySet<string> = new Set<SignedTable>(['actions', 'calls', 'findings', 'sessions'])

/** The one row that the clauses name, or null. */
export const readOne = async <R>(
  client: StoreClient,
  from: { readonly table: List['table']; readonly columns: string; readonly clauses: readonly Clause[] },
): Promise<R | null> => {
  const [row] = await client.query<R>(
    `SELECT ${from.columns} FROM ${rowsOf(from.table, from.clauses)} LIMIT 1`,
    Object.assign({}, ...from.clauses.map(({ params }) => params)),
  )
  return row ?? null
}

/** Where a list goes on behind a row. */
export const cursorOf = ({ at_us, at_id }: Placed): string => Buffer.from(`${at_us}/${at_id}`).toString('base64url')

/** The place that `cursorOf` named. Throws `AGT_REQUEST_INVALID`. */
export const parseCursor = (text: string): Cursor => {
  const [, us = '', id = ''] = /^(-?\d{1,17})\/([\s\S]*)$/.exec(Buffer.from(text, 'base64url').toString()) ?? []
  if (us === '') throw new AgenttrailError('AGT_REQUEST_INVALID', 'The cursor is not one that a list has given.')
  return { us: Number(us), id }
}
