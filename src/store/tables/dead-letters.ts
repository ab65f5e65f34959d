import type { DeadLetterRow } from '../../analyse/rows.ts'
import type { Table } from './table.ts'

/** One row for each record that no format could read. */
export const deadLettersTable: Table<DeadLetterRow> = {
  name: 'dead_letters',
  isSigned: false,
  key: 'record_id',
  columns: [
    { name: 'record_id', type: 'String', write: (out, row) => out.text(row.recordId) },
    { name: 'realm', type: 'LowCardinality(String)', write: (out, row) => out.text(row.realm) },
    { name: 'source', type: 'LowCardinality(String)', write: (out, row) => out.text(row.source) },
    { name: 'format', type: 'LowCardinality(String)', write: (out, row) => out.text(row.format) },
    { name: 'source_position', type: 'UInt64', write: (out, row) => out.uint64(row.sourcePosition) },
    { name: 'first_written', type: "DateTime64(3, 'UTC')", write: (out, row) => out.int64(row.receivedMs) },
    { name: 'reason', type: 'String', write: (out, row) => out.text(row.reason) },
    { name: 'raw', type: 'String', write: (out, row) => out.text(row.raw) },
    { name: 'raw_bytes', type: 'UInt64', write: (out, row) => out.uint64(row.rawBytes) },
    { name: 'record_hash', type: 'String', write: (out, row) => out.text(row.recordHash) },
  ],
}
