import type { SearchField, SearchKind, SearchNode, SearchTest } from '../../api/search/search-node.ts'
import { searchFields } from '../../api/search/search-node.ts'
import type { QueryParams } from '../client.ts'
import type { Clause } from './page.ts'

/** Where a kind keeps a field: columns of which any may match; `list` holds several values. */
interface Column {
  readonly sql: string
  readonly isList?: boolean
}

const one = (...columns: readonly string[]): readonly Column[] => columns.map((sql) => ({ sql }))
const list = (sql: string): readonly Column[] => [{ sql, isList: true }]

type Columns = Readonly<Partial<Record<SearchField | 'any', readonly Column[]>>>

const subject: Columns = {
  id: [...one('id'), ...list('aliases')],
  agent: one('agent_id', 'agent_name'),
  user: one('user_id', 'user_email'),
  client: one('client_name', 'user_agent'),
  address: one('client_address'),
}

const reasons =
  "arrayFlatten(arrayMap(layer -> JSONExtract(layer, 'reasons', 'Array(String)'), JSONExtractArrayRaw(layers)))"

const columnsOf: Readonly<Record<SearchKind, Columns>> = {
  call: {
    ...subject,
    time: one('time'),
    server: one('server'),
    tool: one('tool', 'tool_exposed'),
    method: one('method'),
    resource: one('resource'),
    decision: one('decision'),
    basis: one('decision_basis'),
    outcome: one('outcome'),
    reason: list(reasons),
    error: one('error_type'),
    disagreement: list('disagreements'),
    httpStatus: one('http_status'),
    durationMs: one('duration_us / 1000'),
    session: one('session_id', 'explicit_session_id'),
    call: [...one('id'), ...list('aliases')],
    request: one('http_request_id'),
    trace: one('trace_id'),
    any: [
      ...one('agent_id', 'agent_name', 'user_id', 'user_email', 'client_name', 'user_agent', 'client_address'),
      ...one('server', 'method', 'tool', 'tool_exposed', 'resource', 'error_type', 'id', 'session_id', 'layers'),
      ...one('explicit_session_id', 'http_request_id', 'trace_id'),
      ...list('disagreements'),
    ],
  },
  session: {
    ...subject,
    time: one('start_time'),
    server: list('servers'),
    tool: list('tools'),
    basis: one('basis'),
    status: one('status'),
    session: [...one('id', 'explicit_id'), ...list('aliases')],
    finding: list('findings'),
    risk: one('risk'),
    calls: one('calls'),
    denies: one('denies'),
    confidence: one('confidence_milli / 1000'),
    any: [
      ...one('agent_id', 'agent_name', 'user_id', 'user_email', 'client_name', 'user_agent', 'client_address'),
      ...one('id', 'explicit_id'),
      ...list('tools'),
      ...list('servers'),
      ...list('aliases'),
    ],
  },
  finding: {
    id: one('id'),
    time: one('time'),
    agent: one('agent_id'),
    user: one('user_id', 'user_email'),
    session: list('session_ids'),
    call: list('calls'),
    finding: one('id'),
    incident: one('incident_id'),
    rule: one('rule_id'),
    title: one('rule_title'),
    severity: one('severity'),
    state: one('state'),
    status: one('status'),
    note: one('note'),
    shadow: one('is_shadow'),
    any: [
      ...one('rule_id', 'rule_title', 'severity', 'agent_id', 'user_id', 'user_email', 'note', 'id', 'incident_id'),
      ...one('explanation'),
      ...list('session_ids'),
    ],
  },
}

/** The condition of a search over one kind's table; null where that kind has not what is asked for. */
export const searchClause = (node: SearchNode, kind: SearchKind): Clause | null => {
  const params: Record<string, string | number> = {}
  const parameter: Parameter = (value, type) => {
    const name = `p${Object.keys(params).length}`
    params[name] = value
    return `{${name}:${type}}`
  }
  const sql = compile(node, kind, parameter)
  return sql === null ? null : { sql, params: params satisfies QueryParams }
}

type Parameter = (value: string | number, type: 'String' | 'Float64' | 'Int64') => string

/** null is neither true nor false: a kind without the field is left out, also where the field is negated. */
const compile = (node: SearchNode, kind: SearchKind, parameter: Parameter): string | null => {
  if (node.kind === 'term') return termSql(node, kind, parameter)
  if (node.kind === 'not') {
    const negated = compile(node.node, kind, parameter)
    return negated === null ? null : `NOT (${negated})`
  }
  const parts = node.nodes.map((each) => compile(each, kind, parameter))
  const known = parts.filter((part) => part !== null)
  if (known.length === 0 || (node.kind === 'and' && known.length < parts.length)) return null
  return known.map((part) => `(${part})`).join(node.kind === 'and' ? ' AND ' : ' OR ')
}

const termSql = (
  { field, test }: SearchNode & { readonly kind: 'term' },
  kind: SearchKind,
  parameter: Parameter,
): string | null => {
  if (field === 'kind') return test.op === 'is' && test.text === kind ? 'true' : null
  const columns = columnsOf[kind][field]
  if (columns === undefined) return null
  const conditions = columns.map(({ sql, isList = false }) => {
    if (!isList) return valueSql(sql, field, test, parameter)
    return `arrayExists(each -> ${valueSql('each', field, test, parameter)}, ${sql})`
  })
  return conditions.join(' OR ')
}

const valueSql = (column: string, field: SearchField | 'any', test: SearchTest, parameter: Parameter): string => {
  if (test.op === 'range') return rangeSql(column, field, test, parameter)
  if (test.op === 'like') {
    return `${column} ILIKE ${parameter(field === 'any' ? `%${test.pattern}%` : test.pattern, 'String')}`
  }
  if (field === 'any') return `positionCaseInsensitiveUTF8(${column}, ${parameter(test.text, 'String')}) > 0`
  const type = searchFields[field]
  if (type === 'flag') return `${column} = (${parameter(test.text, 'String')} = 'true')`
  if (type === 'id') return `${column} = ${parameter(test.text, 'String')}`
  return `lowerUTF8(${column}) = lowerUTF8(${parameter(test.text, 'String')})`
}

const rangeSql = (
  column: string,
  field: SearchField | 'any',
  { from, to }: SearchTest & { readonly op: 'range' },
  parameter: Parameter,
): string => {
  const value = (number: number): string =>
    field === 'time'
      ? `fromUnixTimestamp64Micro(${parameter(Math.round(number), 'Int64')}, 'UTC')`
      : parameter(number, 'Float64')
  const parts = [
    ...(from === null ? [] : [`${column} ${from.isIncluded ? '>=' : '>'} ${value(from.value)}`]),
    ...(to === null ? [] : [`${column} ${to.isIncluded ? '<=' : '<'} ${value(to.value)}`]),
  ]
  // A value that is not known is in no range, and not outside one either.
  return `ifNull(${parts.join(' AND ') || `${column} IS NOT NULL`}, false)`
}
