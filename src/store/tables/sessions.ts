import type { SessionRow } from '../../correlate/rows.ts'
import type { Table } from './table.ts'

/** The calls of one agent for one principal that belong together. */
export const sessionsTable: Table<SessionRow> = {
  name: 'sessions',
  isSigned: true,
  key: 'id',
  columns: [
    { name: 'id', type: 'String', write: (out, row) => out.text(row.id) },
    { name: 'realm', type: 'LowCardinality(String)', write: (out, row) => out.text(row.realm) },
    { name: 'aliases', type: 'Array(String)', write: (out, row) => out.texts(row.aliases) },
    { name: 'explicit_id', type: 'String', write: (out, row) => out.text(row.explicitId) },
    { name: 'start_time', type: "DateTime64(6, 'UTC')", write: (out, row) => out.int64(row.startUs) },
    { name: 'end_time', type: "DateTime64(6, 'UTC')", write: (out, row) => out.int64(row.endUs) },
    { name: 'agent_id', type: 'LowCardinality(String)', write: (out, row) => out.text(row.agentId) },
    { name: 'agent_name', type: 'LowCardinality(String)', write: (out, row) => out.text(row.agentName) },
    { name: 'agent_basis', type: 'LowCardinality(String)', write: (out, row) => out.text(row.agentBasis) },
    { name: 'user_id', type: 'LowCardinality(String)', write: (out, row) => out.text(row.userId) },
    { name: 'user_email', type: 'LowCardinality(String)', write: (out, row) => out.text(row.userEmail) },
    { name: 'client_name', type: 'LowCardinality(String)', write: (out, row) => out.text(row.clientName) },
    { name: 'client_version', type: 'LowCardinality(String)', write: (out, row) => out.text(row.clientVersion) },
    { name: 'client_address', type: 'LowCardinality(String)', write: (out, row) => out.text(row.clientAddress) },
    { name: 'user_agent', type: 'LowCardinality(String)', write: (out, row) => out.text(row.userAgent) },
    { name: 'calls', type: 'UInt64', write: (out, row) => out.uint64(row.calls) },
    { name: 'denies', type: 'UInt64', write: (out, row) => out.uint64(row.denies) },
    { name: 'tools', type: 'Array(LowCardinality(String))', write: (out, row) => out.texts(row.tools) },
    { name: 'servers', type: 'Array(LowCardinality(String))', write: (out, row) => out.texts(row.servers) },
    { name: 'basis', type: 'LowCardinality(String)', write: (out, row) => out.text(row.basis) },
    { name: 'confidence_milli', type: 'UInt16', write: (out, row) => out.uint16(row.confidenceMilli) },
    { name: 'risk', type: 'UInt64', write: (out, row) => out.uint64(row.risk) },
    { name: 'status', type: 'LowCardinality(String)', write: (out, row) => out.text(row.status) },
    { name: 'findings', type: 'Array(String)', write: (out, row) => out.texts(row.findings) },
    { name: 'first_written', type: "DateTime64(3, 'UTC')", write: (out, row) => out.int64(row.firstWrittenMs) },
    { name: 'version', type: 'UInt64', write: (out, row) => out.uint64(row.version) },
  ],
}
