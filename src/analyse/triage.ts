import { type Entity, EntityTable, fresh } from '../correlate/entity-table.ts'
import type { Finding } from '../detect/finding.ts'
import type { FindingRow, TriageStatus } from '../detect/rows.ts'
import type { Command } from '../log/entry.ts'
import type { RowSink } from './rows.ts'

/** A finding that the analyser had let go of when it was judged: its row, and the judgement. */
interface JudgedRow extends Entity {
  written: FindingRow
  status: TriageStatus
  note: string
  atMs: number
}

export interface TriageDeps {
  readonly findings: EntityTable<Finding>
  readonly onChange: (finding: Finding) => void
}

/** What people say of findings, also of those that only the store still has: their command brings the row along. */
export class Triage {
  readonly table = new EntityTable<JudgedRow>('triage')
  readonly #deps: TriageDeps
  readonly #changed = new Set<JudgedRow>()

  constructor(deps: TriageDeps) {
    this.#deps = deps
  }

  get hasAny(): boolean {
    return this.#changed.size > 0
  }

  apply(command: Command, tickMs: number): void {
    if (command.type !== 'triage') return
    const status = command.status as TriageStatus
    const finding = this.#deps.findings.get(command.findingId)
    if (finding === undefined) {
      this.#judge(command.findingId, { status, note: command.note, stored: command.stored, tickMs })
      return
    }
    this.#deps.findings.touch(finding.id, finding)
    finding.status = status
    finding.note = command.note
    this.#deps.onChange(finding)
  }

  write({ version, sink }: { readonly version: number; readonly sink: RowSink }): void {
    for (const judged of this.#changed) {
      const row = { ...judged.written, status: judged.status, note: judged.note, version }
      sink.finding(judged.written, -1)
      sink.finding(row, 1)
      this.table.touch(row.id, judged)
      judged.written = row
    }
    this.#changed.clear()
  }

  /** The store has what was written so long ago. */
  expire(beforeMs: number): void {
    for (const judged of [...this.table.values()]) if (judged.atMs < beforeMs) this.table.delete(judged.written.id)
  }

  #judge(
    id: string,
    judgement: Pick<JudgedRow, 'status' | 'note'> & { readonly stored: object | undefined; readonly tickMs: number },
  ): void {
    const { status, note, stored, tickMs: atMs } = judgement
    const known = this.table.get(id)
    if (known === undefined && stored === undefined) return
    // What was judged here before is newer than what was read from the store meanwhile.
    const judged = known ?? this.table.add(id, { ...fresh, written: stored as FindingRow, status, note, atMs })
    this.table.touch(id, judged)
    Object.assign(judged, { status, note, atMs })
    this.#changed.add(judged)
  }
}
