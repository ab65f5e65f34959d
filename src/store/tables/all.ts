import { actionsTable } from './actions.ts'
import { callsTable } from './calls.ts'
import { commandsTable } from './commands.ts'
import { deadLettersTable } from './dead-letters.ts'
import { eventsTable } from './events.ts'
import { findingsTable } from './findings.ts'
import { payloadsTable } from './payloads.ts'
import { sessionsTable } from './sessions.ts'
import type { Table } from './table.ts'

/** Every table that segments are written to. */
export const tables: readonly Table<never>[] = [
  eventsTable,
  payloadsTable,
  deadLettersTable,
  callsTable,
  sessionsTable,
  findingsTable,
  actionsTable,
  commandsTable,
]
