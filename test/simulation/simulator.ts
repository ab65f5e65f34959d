import { Analyser } from '../../src/analyse/analyser.ts'
import type { DecodedRecord } from '../../src/analyse/decode.ts'
import { restoreSnapshot, SnapshotWriter } from '../../src/analyse/snapshot.ts'
import type { CallRow, SessionRow } from '../../src/correlate/rows.ts'
import { denyBurst } from '../../src/detect/deny-burst.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import type { ActivityEvent } from '../../src/event/event.ts'
import type { BatchEntry, LogEntry } from '../../src/log/entry.ts'
import type { Effect } from '../../src/respond/actions.ts'
import type { ActionRow } from '../../src/respond/rows.ts'
import { MemorySink, MemoryStore, type Segment } from './memory-store.ts'

const tables = ['events', 'payloads', 'deadLetters', 'calls', 'sessions', 'findings', 'actions'] as const

const decode = (batch: BatchEntry): DecodedRecord[] =>
  Buffer.from(batch.body)
    .toString()
    .split('\n')
    .map((line, ordinal) => {
      const event = JSON.parse(line) as ActivityEvent
      return {
        recordId: event.eventId,
        ordinal,
        sourcePosition: event.sourcePosition,
        format: 'simulated',
        outcome: 'ok',
        reason: '',
        events: [event],
        vendorId: event.eventId,
        raw: line,
        rawBytes: line.length,
        recordHash: '',
      }
    })

/**
 * The product's loop without clocks, sockets or disks: a log that is only ever appended to, an analyser that can die at
 * any step and comes back from a snapshot, a store that can be away or lose the second of two inserts.
 */
export class Simulator {
  readonly store = new MemoryStore()
  readonly log: LogEntry[] = []
  acknowledged = 0
  crashes = 0

  #sink = new MemorySink()
  #effects: Effect[] = []
  #analyser = this.#newAnalyser()
  #snapshots: { readonly position: number; readonly bytes: Buffer }[] = []
  #writing: { readonly writer: SnapshotWriter; readonly chunks: Buffer[] } | null = null
  /** Segments sealed and not confirmed yet, oldest first: what a crash forgets and a replay makes again. */
  #pending: Segment[] = []
  readonly #sent = new Set<string>()

  get analyser(): Analyser {
    return this.#analyser
  }

  append(...entries: LogEntry[]): void {
    this.log.push(...entries)
  }

  appendRecords(
    events: readonly ActivityEvent[],
    options: { readonly batchId: string; readonly receivedMs: number },
  ): void {
    this.append({
      kind: 'batch',
      realm: 'default',
      source: events[0]?.source ?? '',
      format: 'simulated',
      transport: 'simulated',
      identity: 'batch',
      batchId: options.batchId,
      baseOffset: 0,
      firstOrdinal: 0,
      records: events.length,
      part: 0,
      parts: 1,
      isBackfill: false,
      receivedMs: options.receivedMs,
      body: Buffer.from(events.map((event) => JSON.stringify(event)).join('\n')),
    })
    this.acknowledged += events.length
  }

  /** Applies what was appended, at most `steps` entries, inserting and snapshotting as the product does. */
  run(steps = Number.POSITIVE_INFINITY): void {
    for (let step = 0; step < steps && this.#analyser.position < this.log.length; step += 1) {
      const position = this.#analyser.position + 1
      const entry = this.log[position - 1] as LogEntry
      this.#analyser.apply(position, entry)
      if (entry.kind === 'mark') this.#pending.push(...this.#sink.seal(position))
      this.#stepSnapshot()
    }
  }

  /** Sends pending segments, at most `count`: a crash may come between two tables of one mark. */
  insert(count = Number.POSITIVE_INFINITY): void {
    for (let sent = 0; sent < count && this.#pending.length > 0; sent += 1) {
      const segment = this.#pending[0] as Segment
      // What the store has already is not sent again, but must be the same.
      if (segment.mark <= this.store.storedMark(segment.table)) this.store.check(segment)
      else if (!this.store.insert(segment)) return
      this.#pending.shift()
    }
  }

  /** Delivers effects as the dispatcher does: `requested` into the log, sent once, then the lever's answer. */
  dispatch(): void {
    const effects = this.#effects
    this.#effects = []
    for (const effect of effects) {
      if (this.#sent.has(effect.key)) continue
      this.#sent.add(effect.key)
      for (const state of ['requested', 'accepted', 'enforced'] as const) {
        this.append({
          kind: 'receipt',
          realm: effect.realm,
          actionId: effect.actionId,
          effectKey: effect.key,
          state,
          detail: '',
          ownerId: 'sim',
        })
      }
    }
  }

  beginSnapshot(): void {
    if (this.#writing !== null || this.#analyser.markPosition !== this.#analyser.position) return
    const chunks: Buffer[] = []
    this.#writing = { chunks, writer: new SnapshotWriter(this.#analyser, (bytes) => chunks.push(Buffer.from(bytes))) }
  }

  /** The process dies: everything but log, complete snapshots and store is gone. */
  crash(): void {
    this.crashes += 1
    this.#writing = null
    this.#pending = []
    this.#sink = new MemorySink()
    this.#effects = []
    this.#analyser = this.#newAnalyser()
    const storedMark = this.#storedMark()
    const usable = this.#snapshots.filter((snapshot) => snapshot.position <= storedMark).at(-1)
    if (usable !== undefined && !restoreSnapshot(this.#analyser, usable.bytes))
      throw new Error('a snapshot did not load')
    this.#effects = this.#analyser.pendingEffects()
  }

  result(): {
    readonly events: string[]
    readonly calls: string[]
    readonly sessions: string[]
    readonly findings: string[]
    readonly actions: ActionRow[]
  } {
    const calls = this.store.current<CallRow>('calls')
    const sessions = this.store.current<SessionRow>('sessions')
    const bySession = new Map<string, string[]>()
    for (const call of calls) bySession.set(call.sessionId, [...(bySession.get(call.sessionId) ?? []), call.id])
    for (const session of sessions) {
      const count = bySession.get(session.id)?.length ?? 0
      if (count !== session.calls)
        throw new Error(`session ${session.id} counts ${session.calls} calls, ${count} name it`)
    }
    const known = new Set(sessions.map((session) => session.id))
    for (const call of calls) {
      if (!call.isOrphan && !known.has(call.sessionId))
        throw new Error(`call ${call.id} is of no session that is stored`)
    }
    return {
      events: this.store
        .rows('events')
        .map((row) => eventKey(row))
        .sort(),
      calls: calls.map(callKey).sort(),
      sessions: [...bySession.values()].map((ids) => ids.sort().join(' ')).sort(),
      findings: this.store
        .current<FindingRow>('findings')
        .filter((finding) => finding.state === 'final')
        .map((finding) => JSON.stringify([finding.id, finding.incidentId, finding.timeUs, finding.calls]))
        .sort(),
      actions: this.store.current<ActionRow>('actions'),
    }
  }

  #storedMark(): number {
    // A mark is stored when all its tables are: the oldest segment that is still missing bounds it. Here every segment
    // was made from the log before, so replaying tells which marks lack one; the log's own end bounds the rest.
    const marks = tables.map((table) => this.store.storedMark(table)).filter((mark) => mark > 0)
    return marks.length === 0 ? 0 : this.#confirmedMark
  }

  #confirmedMark = 0

  /** Called after `insert`: what is confirmed is known to a client that asks the store for its highest range. */
  confirm(): void {
    const oldest = this.#pending[0]
    this.#confirmedMark = Math.max(
      this.#confirmedMark,
      oldest === undefined ? this.#analyser.markPosition : oldest.mark - 1,
    )
  }

  #stepSnapshot(): void {
    const writing = this.#writing
    if (writing === null || !writing.writer.step()) return
    this.#snapshots.push({ position: writing.writer.position, bytes: Buffer.concat(writing.chunks) })
    this.#writing = null
  }

  #newAnalyser(): Analyser {
    return new Analyser({
      decode,
      sink: {
        event: (row) => this.#sink.event(row),
        payload: (row) => this.#sink.payload(row),
        deadLetter: (row) => this.#sink.deadLetter(row),
        call: (row, sign) => this.#sink.call(row, sign),
        session: (row, sign) => this.#sink.session(row, sign),
        finding: (row, sign) => this.#sink.finding(row, sign),
        action: (row, sign) => this.#sink.action(row, sign),
      },
      rules: [denyBurst],
      onEffect: (effect) => this.#effects.push(effect),
    })
  }
}

const eventKey = (row: object): string => {
  const { event } = row as { readonly event: ActivityEvent }
  return JSON.stringify({ ...event, observedTimeUs: 0 })
}

const callKey = (call: CallRow): string =>
  JSON.stringify([
    call.id,
    [...call.aliases].sort(),
    call.timeUs,
    call.decision,
    call.decisionBasis,
    call.outcome,
    call.tool,
    call.userId,
    call.agentId,
    call.httpStatus,
    call.isOrphan,
    call.disagreements,
  ])
