import type { ActivityEvent } from '../event/event.ts'
import type { CallValue } from './call-value.ts'
import type { Rung } from './ladder.ts'
import type { CallRow, Subject } from './rows.ts'

/** A call while the analyser still works on it. Plain data: a snapshot holds it within its join. */
export interface Call {
  /** The join that it is part of. */
  joinId: string
  /** The id of its earliest event. */
  readonly id: string
  events: readonly ActivityEvent[]
  value: CallValue
  agent: Pick<Subject, 'agentId' | 'agentName' | 'agentBasis'>
  rung: Rung
  /** `''` until placed, and for orphans. */
  sessionId: string
  /** Tick at which its first event arrived. */
  readonly firstSeenMs: number
  /** No event within the lateness bound can change it any more. */
  isFinal: boolean
  isOrphan: boolean
  isLateChanged: boolean
  /** The row that the store has; null before the first write. */
  written: CallRow | null
}

/** What a call's events make of it. */
export type CallParts = Pick<Call, 'events' | 'value' | 'agent' | 'rung'>

export const createCall = (joinId: string, parts: CallParts, tickMs: number): Call => ({
  joinId,
  id: parts.value.id,
  ...parts,
  sessionId: '',
  firstSeenMs: tickMs,
  isFinal: false,
  isOrphan: false,
  isLateChanged: false,
  written: null,
})

/** The row of a call as it is now. `version` and `firstWrittenMs` are the writer's. */
export const callRow = (call: Call, version: number, tickMs: number): CallRow => {
  const value = call.value
  return {
    id: call.id,
    realm: value.realm,
    timeUs: value.timeUs,
    endTimeUs: value.endTimeUs,
    durationUs: value.durationUs,
    sessionId: call.sessionId,
    agentId: call.agent.agentId,
    agentName: call.agent.agentName,
    agentBasis: call.agent.agentBasis,
    userId: value.userId,
    userEmail: value.userEmail,
    clientName: value.clientName,
    clientVersion: value.clientVersion,
    clientAddress: value.clientAddress,
    userAgent: value.userAgent,
    server: value.server,
    method: value.method,
    tool: value.tool,
    toolExposed: value.toolExposed,
    resource: value.resource,
    decision: value.decision,
    decisionBasis: value.decisionBasis,
    decisionSource: value.decisionSource,
    layers: value.layers,
    outcome: value.outcome,
    httpStatus: value.httpStatus,
    errorType: value.errorType,
    httpRequestId: value.httpRequestId,
    jsonrpcId: value.jsonrpcId,
    traceId: value.traceId,
    argumentsEventId: value.argumentsEventId,
    disagreements: value.disagreements,
    aliases: value.aliases,
    isOrphan: call.isOrphan,
    isLateChanged: call.isLateChanged,
    firstWrittenMs: call.written?.firstWrittenMs ?? tickMs,
    version,
  }
}

/** Whether two rows of a call say the same; `version` aside. Events decide most of it, so equal ids go far. */
export const isSameCallRow = (a: CallRow, b: CallRow): boolean =>
  a.sessionId === b.sessionId &&
  a.agentId === b.agentId &&
  a.agentName === b.agentName &&
  a.isLateChanged === b.isLateChanged &&
  a.isOrphan === b.isOrphan &&
  a.layers.length === b.layers.length &&
  a.layers.every((layer, at) => layer.eventId === b.layers[at]?.eventId)
