/** A request to the ClickHouse HTTP interface, taken apart. */
export interface Statement {
  readonly sql: string
  /** Settings and query parameters, in `SET` order. */
  readonly settings: readonly (readonly [name: string, value: string])[]
  readonly database: string
  readonly defaultFormat: string
  /** Set where the request's body is data for the `INSERT` in `sql`. */
  readonly insert: InsertTarget | null
  readonly data: Buffer
}

export interface InsertTarget {
  readonly table: string
  readonly columns: readonly string[]
  /** The text between `SETTINGS` and `FORMAT`, `''` if there is none. */
  readonly settings: string
  readonly format: string
}

/** Arguments of the HTTP interface itself that mean nothing here: no users, no HTTP sessions, no compression. */
const httpOnly = new Set([
  'query',
  'query_id',
  'session_id',
  'session_timeout',
  'session_check',
  'database',
  'default_format',
  'wait_end_of_query',
  'buffer_size',
  'send_progress_in_http_headers',
  'http_headers_progress_interval_ms',
  'enable_http_compression',
  'cancel_http_readonly_queries_on_client_close',
  'compress',
  'decompress',
  'user',
  'password',
  'role',
  'quota_key',
  'client_protocol_version',
  'stacktrace',
])

const settingName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** `INSERT INTO t (a, b) SETTINGS … FORMAT F`, with the data elsewhere. */
const insertPattern =
  /^\s*insert\s+into\s+(?:table\s+)?((?:`[^`]+`|"[^"]+"|\w+)(?:\.(?:`[^`]+`|"[^"]+"|\w+))?)\s*(?:\(([^()]*)\))?\s*(?:settings\s+(.+?))?\s*format\s+(\w+)\s*;?\s*$/is

/** A ClickHouse string literal. */
export const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

export const parseStatement = (args: URLSearchParams, body: Buffer): Statement => {
  const query = args.get('query') ?? ''
  const insert = query === '' ? null : parseInsert(query)
  const text = body.toString('utf8')
  return {
    sql: insert !== null ? query : query === '' ? text : body.length === 0 ? query : `${query}\n${text}`,
    settings: [...args].filter(([name]) => !httpOnly.has(name) && settingName.test(name)),
    database: args.get('database') ?? '',
    defaultFormat: args.get('default_format') ?? 'TabSeparated',
    insert,
    data: body,
  }
}

const parseInsert = (query: string): InsertTarget | null => {
  const match = insertPattern.exec(query)
  if (match === null) return null
  const [, table = '', columns = '', settings = '', format = ''] = match
  return {
    table,
    columns: columns
      .split(',')
      .map(bareName)
      .filter((name) => name !== ''),
    settings,
    format,
  }
}

const bareName = (name: string): string => name.trim().replace(/^[`"]|[`"]$/g, '')

const comments = /^(?:\s+|--[^\n]*\n|\/\*[\s\S]*?\*\/)*/

/** The statement's first word, in upper case. */
export const verb = (sql: string): string => /^\w+/.exec(sql.replace(comments, ''))?.[0].toUpperCase() ?? ''

/** The format named at the end of a query, `''` if none is. */
export const formatOf = (sql: string): string => /\bformat\s+(\w+)\s*(?:settings\b[^']*)?;?\s*$/i.exec(sql)?.[1] ?? ''
