import type { CommandRow, DeadLetterRow, PayloadRow, RowSink, Sign, StoredEvent } from '../../src/analyse/rows.ts'
import type { CallRow, SessionRow } from '../../src/correlate/rows.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import type { ActionRow } from '../../src/respond/rows.ts'

const tables = ['events', 'payloads', 'deadLetters', 'calls', 'sessions', 'findings', 'actions', 'commands'] as const
type Table = (typeof tables)[number]
interface Row {
  readonly sign: Sign
  /** As it was when it was written: JSON, as encoding would copy it. */
  readonly json: string
}
/** What one mark wrote to one table. */
export interface Segment {
  readonly table: Table
  readonly mark: number
  readonly rows: readonly Row[]
}

/** Collects the rows between two marks, as the segment builder does, and copies them as encoding would. */
export class MemorySink implements RowSink {
  #rows = new Map<Table, Row[]>()

  event = (row: StoredEvent): void => this.#add('events', 1, row)
  payload = (row: PayloadRow): void => this.#add('payloads', 1, row)
  deadLetter = (row: DeadLetterRow): void => this.#add('deadLetters', 1, row)
  call = (row: CallRow, sign: Sign): void => this.#add('calls', sign, row)
  session = (row: SessionRow, sign: Sign): void => this.#add('sessions', sign, row)
  finding = (row: FindingRow, sign: Sign): void => this.#add('findings', sign, row)
  action = (row: ActionRow, sign: Sign): void => this.#add('actions', sign, row)
  command = (row: CommandRow): void => this.#add('commands', 1, row)

  seal(mark: number): Segment[] {
    const segments = [...this.#rows].map(([table, rows]) => ({ table, mark, rows }))
    this.#rows = new Map()
    return segments
  }

  #add(table: Table, sign: Sign, value: object): void {
    const rows = this.#rows.get(table)
    const row = { sign, json: JSON.stringify(value) }
    if (rows === undefined) this.#rows.set(table, [row])
    else rows.push(row)
  }
}

/**
 * Keeps segments as the store does: all of one or nothing, each token once. Rows of changing tables collapse by id and
 * version; one whose signs do not cancel is a fault of the analyser.
 */
export class MemoryStore {
  readonly #segments = new Map<string, Segment>()
  readonly #highest = new Map<Table, number>()
  isAway = false

  /** False while it is away. A token that is known is confirmed and changes nothing; a different content is a fault. */
  insert(segment: Segment): boolean {
    if (this.isAway) return false
    const token = `${segment.table}:${segment.mark}`
    if (this.#segments.has(token)) this.check(segment)
    else {
      this.#segments.set(token, segment)
      this.#highest.set(segment.table, Math.max(segment.mark, this.storedMark(segment.table)))
    }
    return true
  }

  /** A replay must make the same rows again: under the same token the store would drop any others. */
  check(segment: Segment): void {
    const token = `${segment.table}:${segment.mark}`
    const known = sorted(this.#segments.get(token)?.rows ?? [])
    const again = sorted(segment.rows)
    if (known.join('\n') !== again.join('\n')) {
      const lost = known.filter((row) => !again.includes(row))
      const added = again.filter((row) => !known.includes(row))
      throw new Error(`a replay made other rows for ${token}:\n- ${lost.join('\n- ')}\n+ ${added.join('\n+ ')}`)
    }
  }

  storedMark(table: Table): number {
    return this.#highest.get(table) ?? 0
  }

  rows(table: Table): object[] {
    return [...this.#segments.values()]
      .filter((s) => s.table === table)
      .flatMap((s) => s.rows.map((row) => JSON.parse(row.json)))
  }

  /** What a reader sees of a changing table. */
  current<T extends { readonly id: string; readonly version: number }>(table: Table): T[] {
    const left = new Map<string, { sum: number; value: T }>()
    for (const segment of this.#segments.values()) {
      if (segment.table !== table) continue
      for (const row of segment.rows) {
        const value = JSON.parse(row.json) as T
        const key = `${value.id}@${value.version}`
        const entry = left.get(key) ?? { sum: 0, value }
        entry.sum += row.sign
        left.set(key, entry)
      }
    }
    const values: T[] = []
    const ids = new Set<string>()
    for (const [key, { sum, value }] of left) {
      if (sum === 0) continue
      if (sum !== 1 || ids.has(value.id)) throw new Error(`rows of ${table} do not collapse: ${key} has sum ${sum}`)
      ids.add(value.id)
      values.push(value)
    }
    return values
  }
}

const sorted = (rows: readonly Row[]): string[] => rows.map((row) => `${row.sign} ${row.json}`).sort()
