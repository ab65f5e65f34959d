import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RowSink, Sign } from '../analyse/rows.ts'
import { RowBinary } from './row-binary.ts'
import { actionsTable } from './tables/actions.ts'
import { callsTable } from './tables/calls.ts'
import { commandsTable } from './tables/commands.ts'
import { deadLettersTable } from './tables/dead-letters.ts'
import { eventsTable } from './tables/events.ts'
import { findingsTable } from './tables/findings.ts'
import { type PayloadRecord, payloadsTable } from './tables/payloads.ts'
import { sessionsTable } from './tables/sessions.ts'
import { createEncoder, type Table } from './tables/table.ts'

/** What one mark writes to one table: a RowBinary file, complete under its name. */
export interface SealedSegment {
  readonly table: string
  readonly epoch: string
  readonly mark: number
  readonly file: string
  readonly rows: number
  /** Rows that are not there to take back another. */
  readonly added: number
  readonly bytes: number
  /** The same for the same range of the same log, so that inserting it twice changes nothing. */
  readonly token: string
}

export interface SegmentSink extends RowSink {
  /** Writes what came since the last mark, a file per table that has rows. `firstPosition` follows the mark before. */
  readonly seal: (mark: { readonly position: number; readonly firstPosition: number }) => SealedSegment[]
}

export interface SegmentSinkOptions {
  /** Owned by the sink: what an earlier run left there is removed, for the log yields it again. */
  readonly dir: string
  readonly epoch: string
  readonly generation?: number
  readonly partition?: number
}

const suffix = '.rowbinary'

export const createSegmentSink = (options: SegmentSinkOptions): SegmentSink => {
  const { dir, epoch, generation = 0, partition = 0 } = options
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(dir)) if (name.includes(suffix)) rmSync(join(dir, name), { force: true })
  const events = new SegmentBuilder(eventsTable, epoch)
  const payloads = new SegmentBuilder(payloadsTable, epoch)
  const deadLetters = new SegmentBuilder(deadLettersTable, epoch)
  const calls = new SegmentBuilder(callsTable, epoch)
  const sessions = new SegmentBuilder(sessionsTable, epoch)
  const findings = new SegmentBuilder(findingsTable, epoch)
  const actions = new SegmentBuilder(actionsTable, epoch)
  const commands = new SegmentBuilder(commandsTable, epoch)
  const builders = [events, payloads, deadLetters, calls, sessions, findings, actions, commands]
  // One object for all payloads: this is the hot path.
  const payload: PayloadRecord = {
    row: { eventId: '', realm: '', timeUs: 0, raw: '', arguments: '', result: '' },
    tickMs: 0,
  }

  return {
    event: (row) => {
      payload.tickMs = row.tickMs
      events.add(row, 1)
    },
    // A payload follows its event, so the tick is that event's.
    payload: (row) => {
      payload.row = row
      payloads.add(payload, 1)
    },
    deadLetter: (row) => deadLetters.add(row, 1),
    call: (row, sign) => calls.add(row, sign),
    session: (row, sign) => sessions.add(row, sign),
    finding: (row, sign) => findings.add(row, sign),
    action: (row, sign) => actions.add(row, sign),
    command: (row) => commands.add(row, 1),
    seal: ({ position, firstPosition }) =>
      builders
        .filter(({ rows }) => rows > 0)
        .map((builder) => {
          const range = `${firstPosition}-${position}`
          const file = join(dir, `${builder.table}-${range}${suffix}`)
          const sealed = builder.seal(file, position)
          const token = `${epoch}:${generation}:${builder.table}:${partition}:${range}`
          return { table: builder.table, epoch, mark: position, file, token, ...sealed }
        }),
  }
}

/** The rows of one table since the last mark. */
class SegmentBuilder<R> {
  readonly table: string
  readonly #out = new RowBinary()
  readonly #encode: (row: R, sign: Sign) => number
  /** Where each row's mark belongs. */
  #marksAt = new Uint32Array(1024)
  #rows = 0
  #added = 0

  constructor(table: Table<R>, epoch: string) {
    this.table = table.name
    const epochText = new RowBinary()
    epochText.text(epoch)
    this.#encode = createEncoder(table, { out: this.#out, epochText: Uint8Array.from(epochText.view()) })
  }

  get rows(): number {
    return this.#rows
  }

  add(row: R, sign: Sign): void {
    if (this.#rows === this.#marksAt.length) this.#grow()
    this.#marksAt[this.#rows] = this.#encode(row, sign)
    this.#rows += 1
    if (sign === 1) this.#added += 1
  }

  seal(file: string, mark: number): Pick<SealedSegment, 'added' | 'bytes' | 'rows'> {
    const out = this.#out
    for (let i = 0; i < this.#rows; i += 1) out.patchInt64(this.#marksAt[i] ?? 0, mark)
    const sealed = { rows: this.#rows, added: this.#added, bytes: out.bytes }
    // A file under its final name is whole. After a crash the log yields it again, so nothing is fsynced.
    writeFileSync(`${file}.part`, out.view(), { mode: 0o600 })
    renameSync(`${file}.part`, file)
    out.clear()
    this.#rows = 0
    this.#added = 0
    return sealed
  }

  #grow(): void {
    const grown = new Uint32Array(this.#marksAt.length * 2)
    grown.set(this.#marksAt)
    this.#marksAt = grown
  }
}
