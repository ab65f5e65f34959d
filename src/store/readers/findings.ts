import type { FindingShape, ReadModel } from '../../api/read-model.ts'
import type { StoreClient } from '../client.ts'
import { asked, type ListWhere, microsRange, ofRealm, readOne, readPage } from './page.ts'
import { sessionIds } from './sessions.ts'
import { rfcTime } from './times.ts'

export interface FindingColumns {
  readonly id: string
  readonly incident_id: string
  readonly rule_id: string
  readonly rule_title: string
  readonly severity: string
  readonly time: string
  readonly state: string
  readonly agent_id: string
  readonly user_id: string
  readonly user_email: string
  readonly session_ids: readonly string[]
  readonly calls: readonly string[]
  readonly explanation: string
  readonly is_shadow: boolean
  readonly status: string
  readonly note: string
  readonly actions: readonly string[]
}

/** What a finding says of the session of the call that completed it. */
interface NamedSession {
  readonly id: string
  readonly aliases: readonly string[]
  readonly explicit_id: string
  readonly agent_name: string
}

const columns = `id, incident_id, rule_id, rule_title, severity, time, state, agent_id, user_id, user_email, session_ids, calls,
  explanation, is_shadow, status, note, actions`

export type FindingReader = Pick<ReadModel, 'finding' | 'findings'> & {
  /** Newest first, by conditions of the caller's. */
  readonly listFindings: ListWhere<FindingShape>
}

/** Findings as the API shows them, with what their sessions say. */
export const findingShapes = async (
  client: StoreClient,
  realm: string,
  rows: readonly FindingColumns[],
): Promise<FindingShape[]> => {
  const sessions = await sessionsOf(client, realm, rows)
  return rows.map((row) => findingShape(row, sessions.get(row.session_ids[0] ?? '')))
}

export const createFindingReader = (client: StoreClient, now: () => Date): FindingReader => {
  const shapes = (realm: string, rows: readonly FindingColumns[]) => findingShapes(client, realm, rows)
  const listFindings: ListWhere<FindingShape> = async (realm, { clauses, range }, page) => {
    const list = {
      table: 'findings',
      columns,
      timeColumn: 'time',
      idColumn: 'id',
      order: 'newestFirst',
      clauses: [ofRealm(realm), ...clauses],
      range,
    } as const
    const { items, nextCursor } = await readPage<FindingColumns>(client, list, page)
    return { items: await shapes(realm, items), nextCursor }
  }
  return {
    listFindings,
    finding: async (realm, id) => {
      const clauses = [ofRealm(realm), { sql: 'id = {id:String}', params: { id } }]
      const row = await readOne<FindingColumns>(client, { table: 'findings', columns, clauses })
      if (row === null) return null
      const [shape] = await shapes(realm, [row])
      return shape ?? null
    },
    findings: async (realm, filter, page) => {
      const clauses = [
        ...asked('rule', filter.rule, 'rule_id = {rule:String}'),
        ...asked('severity', filter.severity, 'severity = {severity:String}'),
        ...asked('state', filter.state, 'state = {state:String}'),
        ...asked('status', filter.status, 'status = {status:String}'),
        ...asked('incident', filter.incident, 'incident_id = {incident:String}'),
        ...asked('session', filter.session, `arrayExists(id -> id IN ${sessionIds}, session_ids)`),
        ...asked('agent', filter.agent, `agent_id = {agent:String} OR agent_id IN ${agentsNamed}`),
        ...asked(
          'shadow',
          filter.shadow === undefined ? undefined : Number(filter.shadow),
          'is_shadow = {shadow:Bool}',
        ),
      ]
      return listFindings(realm, { clauses, range: microsRange(filter, now()) }, page)
    },
  }
}

/** Findings hold the agent's id; its name is its sessions'. */
const agentsNamed =
  "(SELECT agent_id FROM agent_sessions WHERE realm = {realm:String} AND agent_name = {agent:String} AND agent_id != '')"

const sessionsOf = async (
  client: StoreClient,
  realm: string,
  findings: readonly FindingColumns[],
): Promise<ReadonlyMap<string, NamedSession>> => {
  const ids = [...new Set(findings.flatMap((finding) => finding.session_ids.slice(0, 1)))]
  if (ids.length === 0) return new Map()
  const rows = await client.query<NamedSession>(
    `SELECT id, aliases, explicit_id, agent_name FROM agent_sessions
      WHERE realm = {realm:String} AND (id IN {ids:Array(String)} OR hasAny(aliases, {ids:Array(String)}))
      LIMIT {rowsMax:UInt32}`,
    { realm, ids, rowsMax: ids.length },
  )
  return new Map(rows.flatMap((row) => [row.id, ...row.aliases].map((id) => [id, row] as const)))
}

const findingShape = (row: FindingColumns, session: NamedSession | undefined): FindingShape => ({
  id: row.id,
  incidentId: row.incident_id,
  ruleId: row.rule_id,
  ruleTitle: row.rule_title,
  severity: row.severity,
  time: rfcTime(row.time),
  state: row.state,
  sessionId: session?.id ?? row.session_ids[0] ?? '',
  session: {
    explicitId: session?.explicit_id ?? '',
    agent: session?.agent_name || row.agent_id,
    user: row.user_email || row.user_id,
  },
  calls: row.calls,
  explanation: JSON.parse(row.explanation) as FindingShape['explanation'],
  shadow: row.is_shadow,
  status: row.status,
  note: row.note,
  actions: row.actions,
})
