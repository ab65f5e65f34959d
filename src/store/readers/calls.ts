import type { CallShape, LayerShape, Page, PageRequest, ReadModel } from '../../api/read-model.ts'
import type { StoreClient } from '../client.ts'
import { asked, type Clause, type ListWhere, microsRange, ofRealm, readOne, readPage } from './page.ts'
import { type SubjectColumns, sessionIds, sessionNamed, subjectColumns, subjectOf } from './sessions.ts'
import { microsOf, rfcTime } from './times.ts'

interface CallColumns extends SubjectColumns {
  readonly id: string
  readonly time: string
  readonly duration_us: number | null
  readonly session_id: string
  readonly server: string
  readonly method: string
  readonly tool: string
  readonly tool_exposed: string
  readonly resource: string
  readonly decision: string
  readonly decision_basis: string
  readonly decision_source: string
  readonly layers: string
  readonly outcome: string
  readonly http_status: number | null
  readonly error_type: string
  readonly http_request_id: string
  readonly jsonrpc_id: string
  readonly trace_id: string
  readonly disagreements: readonly string[]
  readonly aliases: readonly string[]
}

const columns = `id, time, duration_us, session_id, ${subjectColumns}, server, method, tool, tool_exposed, resource, decision,
  decision_basis, decision_source, layers, outcome, http_status, error_type, http_request_id, jsonrpc_id, trace_id,
  disagreements, aliases`

/** Around a session or call, for what is stamped a little outside of it, in microseconds. */
const aroundUs = 3_600_000_000
/** Calls of a finding lie before it, but sources' clocks differ. */
const findingLeadUs = 86_400_000_000

const firstSpanUs = 300_000_000

export type CallReader = Pick<ReadModel, 'call' | 'calls' | 'timeline'> & {
  /** Newest first, by conditions of the caller's. */
  readonly listCalls: ListWhere<CallShape>
}

export const createCallReader = (client: StoreClient, now: () => Date): CallReader => {
  const list = { table: 'calls', columns, timeColumn: 'time', idColumn: 'id', firstSpanUs } as const
  const shapes = async (realm: string, page: Page<CallColumns>): Promise<Page<CallShape>> => {
    const findings = await findingsOf(client, realm, page.items)
    return { ...page, items: page.items.map((row) => callShape(row, findings)) }
  }
  const listCalls: ListWhere<CallShape> = async (realm, { clauses, range }, page) =>
    shapes(
      realm,
      await readPage(client, { ...list, order: 'newestFirst', clauses: [ofRealm(realm), ...clauses], range }, page),
    )
  return {
    listCalls,
    call: async (realm, id) => {
      const clauses = [ofRealm(realm), callNamed(id)]
      const row = await readOne<CallColumns>(client, { table: list.table, columns, clauses })
      if (row === null) return null
      return callShape(row, await findingsOf(client, realm, [row]))
    },
    calls: async (realm, filter, page) => {
      const clauses = [
        ...asked('session', filter.session, `session_id IN ${sessionIds}`),
        ...asked('agent', filter.agent, 'agent_id = {agent:String} OR agent_name = {agent:String}'),
        ...asked('user', filter.user, 'user_id = {user:String} OR user_email = {user:String}'),
        ...asked('tool', filter.tool, 'tool = {tool:String}'),
        ...asked('server', filter.server, 'server = {server:String}'),
        ...asked('decision', filter.decision, 'decision = {decision:String}'),
      ]
      return listCalls(realm, { clauses, range: microsRange(filter, now()) }, page)
    },
    timeline: async (realm: string, sessionId: string, page: PageRequest) => {
      const session = await readOne<SpanOfSession>(client, {
        table: 'sessions',
        columns: 'start_time, end_time',
        clauses: [ofRealm(realm), sessionNamed(sessionId)],
      })
      if (session === null) return { items: [], nextCursor: null }
      const clauses: Clause[] = [
        ofRealm(realm),
        // A call that was final before its session was joined into another keeps the session's earlier id.
        { sql: `session_id IN ${sessionIds}`, params: { session: sessionId } },
      ]
      const range = {
        fromUs: (microsOf(session.start_time) ?? 0) - aroundUs,
        toUs: (microsOf(session.end_time) ?? 0) + aroundUs,
      }
      return shapes(realm, await readPage(client, { ...list, order: 'oldestFirst', clauses, range }, page))
    },
  }
}

interface SpanOfSession {
  readonly start_time: string
  readonly end_time: string
}

/** By id, or by the id of a call that was merged into it. */
export const callNamed = (call: string): Clause => ({
  sql: 'id = {call:String} OR has(aliases, {call:String})',
  params: { call },
})

/** Which findings each call is proof of, by the call's id at the time or now. */
const findingsOf = async (
  client: StoreClient,
  realm: string,
  calls: readonly CallColumns[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  if (calls.length === 0) return new Map()
  const times = calls.map((call) => microsOf(call.time) ?? 0)
  const ids = calls.flatMap((call) => [call.id, ...call.aliases])
  const rows = await client.query<{ readonly call: string; readonly findings: readonly string[] }>(
    `SELECT call, groupUniqArray(id) AS findings FROM agent_findings ARRAY JOIN calls AS call
      WHERE realm = {realm:String} AND state != 'withdrawn' AND call IN {ids:Array(String)}
        AND time >= fromUnixTimestamp64Micro({fromUs:Int64}, 'UTC')
      GROUP BY call LIMIT {rowsMax:UInt32}`,
    { realm, ids, fromUs: Math.min(...times) - findingLeadUs, rowsMax: ids.length },
  )
  return new Map(rows.map(({ call, findings }) => [call, findings]))
}

const callShape = (row: CallColumns, findings: ReadonlyMap<string, readonly string[]>): CallShape => ({
  id: row.id,
  time: rfcTime(row.time),
  durationMs: row.duration_us === null ? null : row.duration_us / 1000,
  sessionId: row.session_id,
  ...subjectOf(row),
  server: row.server,
  method: row.method,
  tool: row.tool,
  toolExposed: row.tool_exposed,
  resource: row.resource,
  decision: row.decision,
  decisionBasis: row.decision_basis,
  decisionSource: row.decision_source,
  layers: (JSON.parse(row.layers) as LayerShape[]).map(layerShape),
  outcome: row.outcome,
  httpStatus: row.http_status,
  errorType: row.error_type,
  httpRequestId: row.http_request_id,
  jsonrpcId: row.jsonrpc_id,
  traceId: row.trace_id,
  disagreements: row.disagreements,
  findings: [...new Set([row.id, ...row.aliases].flatMap((id) => findings.get(id) ?? []))].sort(),
})

/** The stored view of a layer also holds its kind and times; users are promised this. */
const layerShape = (view: LayerShape): LayerShape => ({
  layer: view.layer,
  product: view.product,
  decision: view.decision,
  basis: view.basis,
  source: view.source,
  reasons: view.reasons,
  policyId: view.policyId,
  eventId: view.eventId,
})
