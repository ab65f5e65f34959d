import type { CallRow, SessionRow } from '../../src/correlate/rows.ts'
import type { FindingRow } from '../../src/detect/rows.ts'
import type { ActivityEvent } from '../../src/event/event.ts'
import type { MemoryStore } from './memory-store.ts'

/** What a reader of the store sees, in a form that two runs over the same records can be compared by. */
export interface StoredResult {
  readonly events: readonly string[]
  readonly calls: readonly string[]
  readonly sessions: readonly string[]
  readonly findings: readonly string[]
}

/** Reads the store, and checks that calls and sessions there agree with each other. */
export const storedResult = (store: MemoryStore): StoredResult => {
  const calls = store.current<CallRow>('calls')
  const sessions = store.current<SessionRow>('sessions')
  const bySession = new Map<string, string[]>()
  for (const call of calls) bySession.set(call.sessionId, [...(bySession.get(call.sessionId) ?? []), call.id])
  for (const session of sessions) {
    const count = bySession.get(session.id)?.length ?? 0
    if (count !== session.calls)
      throw new Error(`session ${session.id} counts ${session.calls} calls, ${count} name it`)
  }
  const known = new Set(sessions.map((session) => session.id))
  for (const call of calls) {
    if (!call.isOrphan && !known.has(call.sessionId)) throw new Error(`call ${call.id} is of no session that is stored`)
  }
  const findings = store.current<FindingRow>('findings').filter((finding) => finding.state === 'final')
  return {
    events: store.rows('events').map(eventKey).sort(),
    calls: calls.map(callKey).sort(),
    sessions: [...bySession.values()].map((ids) => ids.sort().join(' ')).sort(),
    findings: findings
      .map(({ id, incidentId, timeUs, calls: of }) => JSON.stringify([id, incidentId, timeUs, of]))
      .sort(),
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
