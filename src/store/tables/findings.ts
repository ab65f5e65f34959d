import type { FindingRow } from '../../detect/rows.ts'
import type { Table } from './table.ts'

/** A rule's claim about an agent and principal. */
export const findingsTable: Table<FindingRow> = {
  name: 'findings',
  isSigned: true,
  key: 'id',
  columns: [
    { name: 'id', type: 'String', write: (out, row) => out.text(row.id) },
    { name: 'incident_id', type: 'String', write: (out, row) => out.text(row.incidentId) },
    { name: 'realm', type: 'LowCardinality(String)', write: (out, row) => out.text(row.realm) },
    { name: 'rule_id', type: 'LowCardinality(String)', write: (out, row) => out.text(row.ruleId) },
    { name: 'rule_title', type: 'LowCardinality(String)', write: (out, row) => out.text(row.ruleTitle) },
    { name: 'severity', type: 'LowCardinality(String)', write: (out, row) => out.text(row.severity) },
    { name: 'time', type: "DateTime64(6, 'UTC')", write: (out, row) => out.int64(row.timeUs) },
    { name: 'state', type: 'LowCardinality(String)', write: (out, row) => out.text(row.state) },
    { name: 'agent_id', type: 'LowCardinality(String)', write: (out, row) => out.text(row.agentId) },
    { name: 'user_id', type: 'LowCardinality(String)', write: (out, row) => out.text(row.userId) },
    { name: 'user_email', type: 'LowCardinality(String)', write: (out, row) => out.text(row.userEmail) },
    { name: 'session_ids', type: 'Array(String)', write: (out, row) => out.texts(row.sessionIds) },
    { name: 'calls', type: 'Array(String)', write: (out, row) => out.texts(row.calls) },
    { name: 'explanation', type: 'String', write: (out, row) => out.text(JSON.stringify(row.explanation)) },
    { name: 'is_shadow', type: 'Bool', write: (out, row) => out.bool(row.isShadow) },
    { name: 'status', type: 'LowCardinality(String)', write: (out, row) => out.text(row.status) },
    { name: 'note', type: 'String', write: (out, row) => out.text(row.note) },
    { name: 'actions', type: 'Array(String)', write: (out, row) => out.texts(row.actions) },
    { name: 'is_late', type: 'Bool', write: (out, row) => out.bool(row.isLate) },
    { name: 'first_written', type: "DateTime64(3, 'UTC')", write: (out, row) => out.int64(row.firstWrittenMs) },
    { name: 'version', type: 'UInt64', write: (out, row) => out.uint64(row.version) },
  ],
}
