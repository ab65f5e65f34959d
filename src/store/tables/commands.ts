import type { CommandRow } from '../../analyse/rows.ts'
import type { Table } from './table.ts'

/** What people asked of the server, reads included. */
export const commandsTable: Table<CommandRow> = {
  name: 'commands',
  isSigned: false,
  key: 'id',
  columns: [
    { name: 'id', type: 'String', write: (out, row) => out.text(row.id) },
    { name: 'realm', type: 'LowCardinality(String)', write: (out, row) => out.text(row.realm) },
    { name: 'time', type: "DateTime64(3, 'UTC')", write: (out, row) => out.int64(row.timeMs) },
    { name: 'by', type: 'LowCardinality(String)', write: (out, row) => out.text(row.by) },
    { name: 'type', type: 'LowCardinality(String)', write: (out, row) => out.text(row.type) },
    { name: 'target', type: 'String', write: (out, row) => out.text(row.target) },
    { name: 'detail', type: 'String', write: (out, row) => out.text(JSON.stringify(row.detail)) },
    { name: 'log_position', type: 'UInt64', write: (out, row) => out.uint64(row.logPosition) },
    { name: 'first_written', type: "DateTime64(3, 'UTC')", write: (out, row) => out.int64(row.tickMs) },
  ],
}
