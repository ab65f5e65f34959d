import type { Explanation, FindingRow } from '../../detect/rows.ts'
import type { StoreClient } from '../client.ts'
import type { FindingColumns } from './findings.ts'
import { ofRealm, readOne } from './page.ts'

interface WholeColumns extends Omit<FindingColumns, 'time'> {
  readonly time_us: number
  readonly is_late: boolean
  readonly first_written_ms: number
  readonly version: number
}

const columns = `id, incident_id, rule_id, rule_title, severity, toUnixTimestamp64Micro(time) AS time_us, state, agent_id,
  user_id, user_email, session_ids, calls, explanation, is_shadow, status, note, actions, is_late,
  toUnixTimestamp64Milli(first_written) AS first_written_ms, version`

/** A finding's row as it stands, so that it can be taken back and written anew; null if there is none. */
export const readFindingRow = async (client: StoreClient, realm: string, id: string): Promise<FindingRow | null> => {
  const clauses = [ofRealm(realm), { sql: 'id = {id:String}', params: { id } }]
  const row = await readOne<WholeColumns>(client, { table: 'findings', columns, clauses })
  return row === null ? null : findingRowOf(realm, row)
}

const findingRowOf = (realm: string, row: WholeColumns): FindingRow => ({
  id: row.id,
  incidentId: row.incident_id,
  realm,
  ruleId: row.rule_id,
  ruleTitle: row.rule_title,
  severity: row.severity as FindingRow['severity'],
  timeUs: row.time_us,
  state: row.state as FindingRow['state'],
  agentId: row.agent_id,
  userId: row.user_id,
  userEmail: row.user_email,
  sessionIds: row.session_ids,
  calls: row.calls,
  explanation: JSON.parse(row.explanation) as Explanation,
  isShadow: row.is_shadow,
  status: row.status as FindingRow['status'],
  note: row.note,
  actions: row.actions,
  isLate: row.is_late,
  firstWrittenMs: row.first_written_ms,
  version: row.version,
})
