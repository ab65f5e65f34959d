/** What a viewer's dashboard stands at. */
export interface DashboardState {
  readonly fromMs: number
  readonly toMs: number
  readonly intervalSeconds: number
  /** Chosen values by variable; `'$__all'` = All, which the values of `options` then stand for. */
  readonly variables: Readonly<Record<string, string | readonly string[]>>
}

/**
 * The SQL that Grafana's ClickHouse plugin sends for a query, as its documentation describes macros and variables: first
 * `$__conditionalAll`, then variables, then the macros of time. Throws where something stays unexpanded.
 */
export const expandQuery = (sql: string, state: DashboardState): string => {
  const expanded = expandTimes(expandVariables(expandConditional(sql, state), state), state)
  const left = /\$\{?\w+/.exec(expanded.replace(/'(?:[^'\\]|\\.|'')*'/g, "''"))
  if (left !== null) throw new Error(`${left[0]} is no variable or macro: ${sql}`)
  return expanded
}

const expandConditional = (sql: string, state: DashboardState): string => {
  const macro = '$__conditionalAll('
  const begin = sql.indexOf(macro)
  if (begin === -1) return sql
  let depth = 1
  let end = begin + macro.length
  while (depth > 0 && end < sql.length) {
    if (sql[end] === '(') depth += 1
    if (sql[end] === ')') depth -= 1
    end += 1
  }
  const inside = sql.slice(begin + macro.length, end - 1)
  const comma = inside.lastIndexOf(',')
  const variable = inside.slice(comma + 1).trim()
  const isAll = state.variables[variable.replace('$', '')] === '$__all'
  return expandConditional(sql.slice(0, begin) + (isAll ? '1=1' : inside.slice(0, comma)) + sql.slice(end), state)
}

const sqlString = (text: string): string => `'${text.replaceAll("'", "''")}'`

const expandVariables = (sql: string, state: DashboardState): string =>
  sql.replace(/\$\{(\w+):sqlstring\}/g, (whole, name: string) => {
    const value = state.variables[name]
    if (value === undefined) return whole
    return typeof value === 'string' ? sqlString(value) : value.map(sqlString).join(',')
  })

const expandTimes = (sql: string, { fromMs, toMs, intervalSeconds }: DashboardState): string => {
  const from = `toDateTime(${Math.floor(fromMs / 1000)})`
  const to = `toDateTime(${Math.floor(toMs / 1000)})`
  return sql
    .replace(/\$__timeFilter\((\w+)\)/g, `$1 >= ${from} AND $1 <= ${to}`)
    .replace(/\$__timeInterval\((\w+)\)/g, `toStartOfInterval(toDateTime($1), INTERVAL ${intervalSeconds} second)`)
    .replaceAll('$__interval_s', String(intervalSeconds))
    .replaceAll('$__fromTime', from)
    .replaceAll('$__toTime', to)
}
