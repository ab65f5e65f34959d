import type { CallShape, PageRequest, ReadModel, SessionFilter, SessionShape } from '../../api/read-model.ts'
import type { StoreClient } from '../client.ts'
import { asked, type Clause, type ListWhere, microsRange, ofRealm, readOne, readPage } from './page.ts'
import { rfcTime } from './times.ts'

/** What calls and sessions say of who acted, as stored. */
export interface SubjectColumns {
  readonly agent_id: string
  readonly agent_name: string
  readonly agent_basis: string
  readonly user_id: string
  readonly user_email: string
  readonly client_name: string
  readonly client_version: string
  readonly client_address: string
  readonly user_agent: string
}

export const subjectColumns =
  'agent_id, agent_name, agent_basis, user_id, user_email, client_name, client_version, client_address, user_agent'

export const subjectOf = (row: SubjectColumns): Pick<CallShape, 'agent' | 'user' | 'client'> => ({
  agent: { id: row.agent_id, name: row.agent_name, basis: row.agent_basis },
  user: { id: row.user_id, email: row.user_email },
  client: {
    name: row.client_name,
    version: row.client_version,
    address: row.client_address,
    userAgent: row.user_agent,
  },
})

interface SessionColumns extends SubjectColumns {
  readonly id: string
  readonly aliases: readonly string[]
  readonly explicit_id: string
  readonly start_time: string
  readonly end_time: string
  readonly calls: number
  readonly denies: number
  readonly tools: readonly string[]
  readonly servers: readonly string[]
  readonly basis: string
  readonly confidence_milli: number
  readonly risk: number
  readonly status: string
  readonly is_over: 0 | 1
  readonly findings: readonly string[]
}

/** An active session that was silent for the idle time has ended; nothing writes a row to say so at that moment. */
const isOver = "status = 'active' AND end_time < fromUnixTimestamp64Milli({idleSinceMs:Int64}, 'UTC')"
const columns = `id, aliases, explicit_id, start_time, end_time, ${subjectColumns}, calls, denies, tools, servers, basis,
  confidence_milli, risk, status, (${isOver}) AS is_over, findings`

export interface SessionReaderDeps {
  readonly client: StoreClient
  readonly now: () => Date
  /** A session without calls for so long is over. */
  readonly sessionIdleMs: number
}

export type SessionReader = Pick<ReadModel, 'session' | 'sessions'> & {
  /** Newest first, by conditions of the caller's. */
  readonly listSessions: ListWhere<SessionShape>
}

export const createSessionReader = ({ client, now, sessionIdleMs }: SessionReaderDeps): SessionReader => {
  const idle = (): Clause => ({ sql: 'true', params: { idleSinceMs: now().getTime() - sessionIdleMs } })
  const listSessions: ListWhere<SessionShape> = async (realm, { clauses, range }, page) => {
    const list = {
      table: 'sessions',
      columns,
      timeColumn: 'start_time',
      idColumn: 'id',
      order: 'newestFirst',
      firstSpanUs: 86_400_000_000,
      clauses: [ofRealm(realm), idle(), ...clauses],
      range,
    } as const
    const { items, nextCursor } = await readPage<SessionColumns>(client, list, page)
    return { items: items.map(sessionShape), nextCursor }
  }
  return {
    listSessions,
    session: async (realm, id) => {
      const clauses = [ofRealm(realm), sessionNamed(id), idle()]
      const row = await readOne<SessionColumns>(client, { table: 'sessions', columns, clauses })
      return row === null ? null : sessionShape(row)
    },
    sessions: async (realm: string, filter: SessionFilter, page: PageRequest) => {
      const { fromUs, toUs } = microsRange(filter, now())
      // A session counts where it overlaps the range, so it may have begun long before.
      const range = { fromUs: 0, toUs }
      return listSessions(realm, { clauses: sessionClauses(filter, { fromUs, toUs }), range }, page)
    },
  }
}

/** By id, or by the id of a session that was joined into it. */
export const sessionNamed = (session: string): Clause => ({
  sql: 'id = {session:String} OR has(aliases, {session:String})',
  params: { session },
})

/** All ids that the session of clause `sessionNamed` has or had, and the one asked for; a subquery of one column. */
export const sessionIds = `(SELECT arrayJoin(arrayPushBack(groupArrayArray(arrayPushBack(aliases, id)), {session:String}))
  FROM agent_sessions WHERE realm = {realm:String} AND (id = {session:String} OR has(aliases, {session:String})))`

const sessionClauses = (
  filter: SessionFilter,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): readonly Clause[] => [
  { sql: "end_time >= fromUnixTimestamp64Micro({fromUs:Int64}, 'UTC')", params: { fromUs } },
  ...asked('agent', filter.agent, 'agent_id = {agent:String} OR agent_name = {agent:String}'),
  ...asked('user', filter.user, 'user_id = {user:String} OR user_email = {user:String}'),
  ...asked('status', filter.status, `if(${isOver}, 'ended', status) = {status:String}`),
  ...asked('minRisk', filter.minRisk, 'risk >= {minRisk:UInt64}'),
  ...asked('tool', filter.tool, 'has(tools, {tool:String})'),
  ...asked('server', filter.server, 'has(servers, {server:String})'),
  ...asked('explicitId', filter.explicitId, 'explicit_id = {explicitId:String}'),
  ...decisionClause(filter.decision, { fromUs, toUs }),
]

/** Sessions with at least one call so decided within the range. */
const decisionClause = (
  decision: string | undefined,
  { fromUs, toUs }: { readonly fromUs: number; readonly toUs: number },
): readonly Clause[] => {
  if (decision === undefined) return []
  return [
    {
      sql: `hasAny(arrayPushBack(aliases, id), (SELECT groupUniqArray(session_id) FROM agent_calls
        WHERE realm = {realm:String} AND decision = {decision:String}
          AND time >= fromUnixTimestamp64Micro({fromUs:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({toUs:Int64}, 'UTC')))`,
      params: { decision, fromUs, toUs },
    },
  ]
}

const sessionShape = (row: SessionColumns): SessionShape => ({
  id: row.id,
  aliases: row.aliases,
  explicitId: row.explicit_id,
  ...subjectOf(row),
  start: rfcTime(row.start_time),
  end: rfcTime(row.end_time),
  calls: row.calls,
  denies: row.denies,
  tools: row.tools,
  servers: row.servers,
  basis: row.basis,
  confidence: row.confidence_milli / 1000,
  risk: row.risk,
  status: row.is_over ? 'ended' : row.status,
  findings: row.findings,
})
