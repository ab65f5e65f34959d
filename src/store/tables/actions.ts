import type { ActionRow } from '../../respond/rows.ts'
import type { Table } from './table.ts'

/** What is done about a finding, with its state machine. */
export const actionsTable: Table<ActionRow> = {
  name: 'actions',
  isSigned: true,
  key: 'id',
  columns: [
    { name: 'id', type: 'String', write: (out, row) => out.text(row.id) },
    { name: 'incident_id', type: 'String', write: (out, row) => out.text(row.incidentId) },
    { name: 'finding_id', type: 'String', write: (out, row) => out.text(row.findingId) },
    { name: 'realm', type: 'LowCardinality(String)', write: (out, row) => out.text(row.realm) },
    { name: 'kind', type: 'LowCardinality(String)', write: (out, row) => out.text(row.kind) },
    { name: 'target', type: 'String', write: (out, row) => out.text(row.target) },
    { name: 'lever', type: 'LowCardinality(String)', write: (out, row) => out.text(row.lever) },
    { name: 'state', type: 'LowCardinality(String)', write: (out, row) => out.text(row.state) },
    { name: 'reason', type: 'String', write: (out, row) => out.text(row.reason) },
    { name: 'by', type: 'LowCardinality(String)', write: (out, row) => out.text(row.by) },
    {
      name: 'expires_at',
      type: "Nullable(DateTime64(3, 'UTC'))",
      write: (out, row) => out.nullableInt64(row.expiresAtMs),
    },
    { name: 'is_evidence_pending', type: 'Bool', write: (out, row) => out.bool(row.isEvidencePending) },
    { name: 'transitions', type: 'String', write: (out, row) => out.text(JSON.stringify(row.transitions)) },
    { name: 'first_written', type: "DateTime64(3, 'UTC')", write: (out, row) => out.int64(row.firstWrittenMs) },
    { name: 'version', type: 'UInt64', write: (out, row) => out.uint64(row.version) },
  ],
}
