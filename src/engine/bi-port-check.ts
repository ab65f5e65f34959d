import { isAllowedFunction } from './bi-port-functions.ts'

/** What whoever asks may see. */
export interface BiScope {
  readonly realms: readonly string[] | 'all'
  /** Arguments, results and raw records. */
  readonly hasPayloads: boolean
}

/** Tables of evidence; each has a column `realm`. */
export const realmTables = ['events', 'payloads', 'dead_letters', 'calls', 'sessions', 'findings', 'actions'] as const
const views = ['agent_calls', 'agent_sessions', 'agent_findings', 'agent_actions']
/** What clients ask when they connect. */
const handshakeTables = ['system.one', 'system.numbers', 'system.settings', 'system.formats', 'system.time_zones']
/** What editors of SQL ask. They count rows of all realms. */
const catalogTables = ['system.databases', 'system.tables', 'system.columns', 'system.functions']

/** Columns that hold what was sent, in tables that hold more than that. */
const withheldColumns: Readonly<Record<string, string>> = { dead_letters: 'raw' }

const formats =
  /^(Native|RowBinary\w*|JSON\w*|CSV\w*|TSV\w*|TabSeparated\w*|Pretty\w*|Vertical|Values|XML|Markdown|Null|Arrow|ArrowStream|Parquet|LineAsString|RawBLOB|SQLInsert)$/

/** Kinds of node whose every part shows in the tree. `APPLY` hides a function's name, and settings are not the reader's. */
const kinds = new Set(
  `SelectWithUnionQuery SelectIntersectExceptQuery SelectQuery ExpressionList TablesInSelectQuery TablesInSelectQueryElement
  TableExpression TableJoin ArrayJoin TableIdentifier Identifier Literal Function Asterisk QualifiedAsterisk Subquery
  WithElement WindowDefinition WindowListElement OrderByElement FillElement InterpolateElement ColumnsExceptTransformer
  ColumnsTransformerList`.split(/\s+/),
)

interface Node {
  readonly depth: number
  readonly kind: string
  readonly name: string
}

const nodeOf = (line: string): Node => {
  const text = line.trimStart()
  const [kind = '', name = ''] = text.split(' ', 2)
  return { depth: line.length - text.length, kind, name }
}

export interface CheckedQuery {
  /** The query as the engine wrote it down again, on one line. */
  readonly sql: string
  /** The engine's own `EXPLAIN AST`. Names in it may hold line breaks, which adds nodes and hides none. */
  readonly tree: string
  /** Every table and view of the store. */
  readonly storedTables: ReadonlySet<string>
}

/** Why a query must not run, or null. */
export const checkQuery = (query: CheckedQuery, scope: BiScope): string | null => {
  const { sql, tree, storedTables } = query
  const nodes = tree
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(nodeOf)
  if (nodes[0]?.kind !== 'SelectWithUnionQuery' || nodes[0].depth !== 0) return 'only SELECT is answered here'
  const known = nodes.map(problemOf).find((problem) => problem !== null) ?? null
  return known ?? wordProblem(sql) ?? tableProblem(nodes, storedTables, scope)
}

const problemOf = ({ depth, kind, name }: Node): string | null => {
  if (!kinds.has(kind)) return kind === 'Set' ? 'SETTINGS are not taken here' : `${kind} is not allowed here`
  if (kind === 'Function' && !isAllowedFunction(name)) return `the function ${name} is not allowed here`
  // Next to the query itself stand its format and where it would be written to.
  if (depth === 1 && kind === 'Identifier' && !formats.test(name)) return `the format ${name} is not allowed here`
  if (depth === 1 && kind !== 'Identifier' && kind !== 'ExpressionList') return 'INTO OUTFILE is not allowed here'
  return null
}

const quoted = /'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`/g
/** Words of the language that stand before a bracket. */
const wordsBeforeBrackets = new Set(
  `all and any anti array as asof between by case cube distinct else except exists extract from full global grouping having
  ilike in inner intersect is join left like limit natural not offset on or order outer over partition prewhere qualify recursive
  right rollup select semi sets then union using values when where window with`.split(/\s+/),
)

/**
 * What the tree does not tell. `PREWHERE` would run before the rows of other realms are taken out, and so tell of them by its
 * errors. Names before brackets are looked at once more, should a node ever keep a part to itself.
 */
const wordProblem = (sql: string): string | null => {
  const bare = sql.replaceAll(quoted, "''")
  // The engine writes its own words in capitals.
  const word = /(?<!\.)\b(?:PREWHERE|SETTINGS|OUTFILE)\b/.exec(bare)?.[0]
  if (word !== undefined) return `${word} is not allowed here`
  const ctes = new Set([...bare.matchAll(/\b(\w+)(?: \([\w, ]*\))? AS \(/g)].map(([, name = '']) => name.toLowerCase()))
  for (const [, name = ''] of bare.matchAll(/([A-Za-z_]\w*)\s*\(/g)) {
    if (isAllowedFunction(name) || wordsBeforeBrackets.has(name.toLowerCase()) || ctes.has(name.toLowerCase())) continue
    return `the function ${name} is not allowed here`
  }
  return null
}

const tableProblem = (nodes: readonly Node[], stored: ReadonlySet<string>, scope: BiScope): string | null => {
  const named = nodes.filter(({ kind }) => kind === 'TableIdentifier').map(({ name }) => name.replace(/^default\./, ''))
  const allowed = tablesFor(scope)
  // A name without a database that is no table of the store is one that the query itself gives, or none at all.
  const refused = named.find((name) => !allowed.has(name) && (!/^\w+$/.test(name) || stored.has(name)))
  if (refused !== undefined) return `the table ${refused} is not readable here`
  if (scope.hasPayloads) return null
  const withheld = named.flatMap((name) => withheldColumns[name] ?? [])
  if (withheld.length === 0) return null
  const isAll = nodes.some(({ kind }) => kind.endsWith('Asterisk'))
  const isNamed = nodes.some(
    ({ kind, name }) => kind === 'Identifier' && name.split('.').some((part) => withheld.includes(part)),
  )
  return isAll || isNamed ? `name the columns, without ${withheld.join(', ')}: payloads are a right of their own` : null
}

const tablesFor = ({ realms, hasPayloads }: BiScope): ReadonlySet<string> =>
  new Set([
    ...realmTables.filter((name) => name !== 'payloads' || hasPayloads),
    ...views,
    ...handshakeTables,
    ...(realms === 'all' ? catalogTables : []),
  ])
