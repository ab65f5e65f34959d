import type { RowSink, Sign } from '../../../src/analyse/rows.ts'
import type { CallRow, SessionRow } from '../../../src/correlate/rows.ts'
import type { ActivityEvent } from '../../../src/event/event.ts'

interface Versioned {
  readonly id: string
  readonly version: number
}

/** Adds up the rows of calls and sessions as their tables do, and keeps which record each event came from. */
export class RowLedger implements RowSink {
  /** Event id → where the log had its record. */
  readonly recordOf = new Map<string, { readonly position: number; readonly ordinal: number }>()
  readonly events: ActivityEvent[] = []
  deadLetters = 0

  readonly #calls = new Map<string, Map<number, { sum: number; readonly row: CallRow }>>()
  readonly #sessions = new Map<string, Map<number, { sum: number; readonly row: SessionRow }>>()

  event = (row: Parameters<RowSink['event']>[0]): void => {
    this.recordOf.set(row.event.eventId, { position: row.logPosition, ordinal: row.logOrdinal })
    // The analyser lets go of parts of an event that calls do not need.
    this.events.push({ ...row.event })
  }
  payload = (): void => undefined
  deadLetter = (): void => {
    this.deadLetters += 1
  }
  call = (row: CallRow, sign: Sign): void => add(this.#calls, row, sign)
  session = (row: SessionRow, sign: Sign): void => add(this.#sessions, row, sign)
  finding = (): void => undefined
  action = (): void => undefined
  command = (): void => undefined

  /** The calls that a reader sees. */
  calls(): readonly CallRow[] {
    return collapsed(this.#calls)
  }

  sessions(): readonly SessionRow[] {
    return collapsed(this.#sessions)
  }
}

type Versions<Row> = Map<string, Map<number, { sum: number; readonly row: Row }>>

const add = <Row extends Versioned>(table: Versions<Row>, row: Row, sign: Sign): void => {
  const versions = table.get(row.id) ?? new Map<number, { sum: number; readonly row: Row }>()
  table.set(row.id, versions)
  const entry = versions.get(row.version) ?? { sum: 0, row }
  entry.sum += sign
  if (entry.sum === 0) versions.delete(row.version)
  else versions.set(row.version, entry)
}

const collapsed = <Row>(table: Versions<Row>): readonly Row[] =>
  [...table].flatMap(([id, versions]) => {
    const left = [...versions.values()]
    if (left.length > 1 || left.some((entry) => entry.sum !== 1)) throw new Error(`rows of ${id} do not collapse`)
    return left.map((entry) => entry.row)
  })
