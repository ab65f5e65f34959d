import { type Call, isComplete, type WrittenCall } from '../correlate/call.ts'
import { callRow, isSameWritten, writtenOf } from '../correlate/call-row.ts'
import type { Correlator } from '../correlate/correlator.ts'
import type { CallRow } from '../correlate/rows.ts'
import { isSameSessionRow, type Session, sessionRow } from '../correlate/session.ts'
import type { CallFact } from '../detect/call-fact.ts'
import type { Detector } from '../detect/detector.ts'
import { type Finding, findingRow } from '../detect/finding.ts'
import type { Action } from '../respond/action.ts'
import type { Actions } from '../respond/actions.ts'
import type { RowSink } from './rows.ts'
import type { Triage } from './triage.ts'

/** A call that lacks a layer is written after this long all the same (`DESIGN.md` §6). */
const settleMs = 5_000
/** An active session's row is written at most this often; a change of status at once. */
const sessionWriteMs = 1_000

export interface RealmRowsDeps {
  readonly sink: RowSink
  readonly correlator: Correlator
  readonly detector: Detector
  readonly actions: Actions
  readonly triage: Triage
}

/** What `write` stamps on rows: the mark's position, and the tick that it follows. */
interface Stamp {
  readonly version: number
  readonly tickMs: number
}

/** Remembers what changed in a realm and writes its rows at the next mark, each time taking back the row before. */
export class RealmRows {
  readonly #deps: RealmRowsDeps
  readonly #calls = new Set<Call>()
  /** Calls that were never written and lack a layer, oldest first. */
  readonly #unsettled = new Set<Call>()
  /** Rows that rules saw since the last mark: nearly always the very rows that the mark writes. */
  readonly #shown = new Map<Call, ShownRow>()
  readonly #findings = new Set<Finding>()
  readonly #actions = new Set<Action>()

  constructor(deps: RealmRowsDeps) {
    this.#deps = deps
  }

  /** What rules see of a call: its row as it would be written now. */
  factOf(call: Call): CallFact {
    const written = writtenOf(call, 0, 0)
    const row = callRow(call, written)
    this.#shown.set(call, { written, row })
    return row
  }

  callChanged(call: Call): void {
    this.#calls.add(call)
  }

  callFinal(call: Call): void {
    if (this.#unsettled.delete(call)) this.#calls.add(call)
  }

  callGone(call: Call): void {
    this.#calls.delete(call)
    this.#unsettled.delete(call)
    if (call.written !== null) this.#deps.sink.call(callRow(call, call.written), -1)
  }

  sessionRetired(session: Session): void {
    if (session.written !== null) this.#deps.sink.session(session.written, -1)
  }

  findingChanged(finding: Finding): void {
    this.#findings.add(finding)
  }

  actionChanged(action: Action): void {
    this.#actions.add(action)
  }

  /** Calls of a snapshot that were not written when it was taken. */
  adopt(unwritten: Call[]): void {
    for (const call of unwritten.sort((a, b) => a.firstSeenMs - b.firstSeenMs)) this.#unsettled.add(call)
  }

  /** Whether a mark now would write something. */
  hasAny(tickMs: number): boolean {
    if (this.#calls.size > 0 || this.#findings.size > 0 || this.#actions.size > 0) return true
    if (this.#deps.triage.hasAny) return true
    for (const session of this.#deps.correlator.sessions.dirty) if (isSessionDue(session, tickMs)) return true
    const [oldest] = this.#unsettled
    return oldest !== undefined && oldest.firstSeenMs + settleMs <= tickMs
  }

  write(stamp: Stamp): void {
    this.#writeCalls(stamp)
    for (const session of this.#deps.correlator.sessions.dirty) {
      if (isSessionDue(session, stamp.tickMs)) this.writeSession(session, stamp)
    }
    for (const finding of this.#findings) this.#writeFinding(finding, stamp)
    this.#findings.clear()
    this.#deps.triage.write({ version: stamp.version, sink: this.#deps.sink })
    for (const action of this.#actions) this.#writeAction(action, stamp)
    this.#actions.clear()
  }

  writeSession(session: Session, { version, tickMs }: Stamp): void {
    const { sink } = this.#deps
    const { sessions } = this.#deps.correlator
    sessions.dirty.delete(session)
    const isEnded = !sessions.live.has(session) && sessions.isIdle(session, tickMs)
    const row = sessionRow(session, sessions.live.sumOf(session), { version, tickMs, isEnded })
    if (session.written !== null) {
      if (isSameSessionRow(session.written, row)) return
      sink.session(session.written, -1)
    }
    sink.session(row, 1)
    sessions.table.touch(session.id, session)
    session.written = row
    session.writtenAtMs = tickMs
  }

  #writeCalls(stamp: Stamp): void {
    for (const call of this.#calls) {
      // One that waits already keeps its place: the set stays in the order in which calls were first seen.
      if (call.written === null && !call.isFinal && !this.#isSettled(call)) this.#unsettled.add(call)
      else {
        this.#unsettled.delete(call)
        this.#writeCall(call, stamp)
      }
    }
    this.#calls.clear()
    for (const call of this.#unsettled) {
      if (call.firstSeenMs + settleMs > stamp.tickMs && !call.isFinal) break
      this.#unsettled.delete(call)
      this.#writeCall(call, stamp)
    }
    this.#shown.clear()
  }

  /** Whether the layers that a call of its route usually has are in. */
  #isSettled(call: Call): boolean {
    const { calls, usualLayers } = this.#deps.correlator
    // Where one hop is all that was ever seen there is nobody else to wait for.
    return isComplete(call.views) && !(calls.index.hasSeveralHops && usualLayers.isAwaited(call))
  }

  #writeCall(call: Call, { version, tickMs }: Stamp): void {
    const { sink, correlator } = this.#deps
    const written = writtenOf(call, version, tickMs)
    if (call.written !== null) {
      if (isSameWritten(call.written, written)) return
      sink.call(callRow(call, call.written), -1)
    }
    sink.call(this.#rowOf(call, written), 1)
    correlator.calls.table.touch(call.id, call)
    call.written = written
  }

  #rowOf(call: Call, written: WrittenCall): CallRow {
    const shown = this.#shown.get(call)
    if (shown === undefined || !isMadeOfSame(shown.written, written)) return callRow(call, written)
    const { row } = shown
    row.version = written.version
    row.firstWrittenMs = written.firstWrittenMs
    return row
  }

  #writeFinding(finding: Finding, { version, tickMs }: Stamp): void {
    const { sink, detector } = this.#deps
    const row = findingRow(finding, version, tickMs)
    if (finding.written !== null) sink.finding(finding.written, -1)
    sink.finding(row, 1)
    detector.findings.touch(finding.id, finding)
    finding.written = row
  }

  #writeAction(action: Action, { version, tickMs }: Stamp): void {
    const { sink, actions } = this.#deps
    const row = { ...action.row, firstWrittenMs: action.written?.firstWrittenMs ?? tickMs, version }
    if (action.written !== null) sink.action(action.written, -1)
    sink.action(row, 1)
    actions.table.touch(action.row.id, action)
    action.written = row
  }
}

/** A row that nobody has written yet. */
interface ShownRow {
  readonly written: WrittenCall
  readonly row: CallRow & { version: number; firstWrittenMs: number }
}

const isMadeOfSame = (a: WrittenCall, b: WrittenCall): boolean =>
  a.views === b.views &&
  a.actor === b.actor &&
  a.agent === b.agent &&
  a.sessionId === b.sessionId &&
  a.isOrphan === b.isOrphan &&
  a.isLateChanged === b.isLateChanged &&
  a.absences === b.absences &&
  a.assessment === b.assessment

const isSessionDue = (session: Session, tickMs: number): boolean =>
  session.written === null ||
  tickMs - session.writtenAtMs >= sessionWriteMs ||
  // The standing stands before a flag, as in the row.
  (session.standing === ''
    ? (session.written.status === 'flagged') !== session.flags > 0 || isRevocationStatus(session.written.status)
    : session.written.status !== session.standing) ||
  session.written.findings.length !== session.findings.length

const isRevocationStatus = (status: string): boolean =>
  status === 'revoking' || status === 'unconfirmed' || status === 'revoked'
