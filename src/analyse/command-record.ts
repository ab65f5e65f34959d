import type { CommandEntry } from '../log/entry.ts'
import type { CommandRow, RowSink } from './rows.ts'

/** Reads wait this long, in tick time, for a mark that something else makes. */
const readWaitMs = 10_000

/** Writes down what people asked for. */
export class CommandRecord {
  readonly #sink: RowSink
  /** From which tick on the commands since the last mark are worth one. */
  #dueMs = Number.POSITIVE_INFINITY

  constructor(sink: RowSink) {
    this.#sink = sink
  }

  add(entry: CommandEntry, at: { readonly position: number; readonly tickMs: number }): void {
    for (const row of commandRows(entry, at)) this.#sink.command(row)
    // A read alone makes no store batch: what is stored makes open pages read again.
    const waitMs = entry.command.type === 'read' ? readWaitMs : 0
    this.#dueMs = Math.min(this.#dueMs, at.tickMs + waitMs)
  }

  isDue(tickMs: number): boolean {
    return tickMs >= this.#dueMs
  }

  mark(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
  }
}

/** A command as stored: who asked for what, and about what. A read is a row for each thing that was read. */
const commandRows = (
  { commandId, realm, by, timeMs, command }: CommandEntry,
  at: { readonly position: number; readonly tickMs: number },
): readonly CommandRow[] => {
  const common = { realm, by, logPosition: at.position, tickMs: at.tickMs }
  if (command.type === 'read') {
    return command.reads.map(({ timeMs: readMs, target, ...detail }, ordinal) => ({
      ...common,
      id: `${commandId}.${ordinal}`,
      timeMs: readMs,
      type: 'read',
      target,
      detail,
    }))
  }
  if (command.type === 'triage') {
    const { type, findingId, status, note } = command
    const detail = { status, note }
    return [{ ...common, id: commandId, timeMs, type, target: `finding:${findingId}`, detail }]
  }
  const { type, ...rest } = command
  const { target, ...detail } = { target: '', ...rest }
  return [{ ...common, id: commandId, timeMs, type, target, detail }]
}
