import type { PayloadRow } from '../../analyse/rows.ts'
import type { Table } from './table.ts'

/** A payload with the tick of its event, which decides its partition. */
export interface PayloadRecord {
  row: PayloadRow
  tickMs: number
}

/** What may be large or private of an event, kept for a shorter time. */
export const payloadsTable: Table<PayloadRecord> = {
  name: 'payloads',
  isSigned: false,
  key: 'event_id',
  columns: [
    { name: 'event_id', type: 'String', write: (out, row) => out.text(row.row.eventId) },
    { name: 'realm', type: 'LowCardinality(String)', write: (out, row) => out.text(row.row.realm) },
    { name: 'time', type: "DateTime64(6, 'UTC')", write: (out, row) => out.int64(row.row.timeUs) },
    { name: 'first_written', type: "DateTime64(3, 'UTC')", write: (out, row) => out.int64(row.tickMs) },
    { name: 'raw', type: 'String', write: (out, row) => out.text(row.row.raw) },
    { name: 'arguments', type: 'String', write: (out, row) => out.text(row.row.arguments) },
    { name: 'result', type: 'String', write: (out, row) => out.text(row.row.result) },
  ],
}
