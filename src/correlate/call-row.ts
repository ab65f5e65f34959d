import type { CallOutcome, Decision } from '../event/event.ts'
import {
  bareToolOf,
  type Call,
  decidedBy,
  earliestOf,
  exposedToolOf,
  firstText,
  methodOf,
  serverOf,
  startOf,
  type WrittenCall,
} from './call.ts'
import { featuresOf, isSameAssessment } from './call-content.ts'
import { depthOf } from './depth.ts'
import type { CallRow, LayerView } from './rows.ts'
import type { View } from './view.ts'

/** What a call's row is made from; `written` remembers just that, so that the same row can be taken back. */
export const writtenOf = (call: Call, version: number, tickMs: number): WrittenCall => ({
  views: call.views,
  actor: call.actor,
  agent: call.agent,
  sessionId: call.sessionId,
  isOrphan: call.isOrphan,
  isLateChanged: call.isLateChanged,
  absences: call.absences,
  assessment: call.assessment,
  firstWrittenMs: call.written?.firstWrittenMs ?? tickMs,
  version,
})

/** Whether two rows of a call say the same; `version` aside. */
export const isSameWritten = (a: WrittenCall, b: WrittenCall): boolean =>
  a.sessionId === b.sessionId &&
  a.agent.agentId === b.agent.agentId &&
  a.agent.agentName === b.agent.agentName &&
  a.isLateChanged === b.isLateChanged &&
  a.isOrphan === b.isOrphan &&
  a.absences.length === b.absences.length &&
  isSameAssessment(a.assessment, b.assessment) &&
  a.views.length === b.views.length &&
  a.views.every((view, at) => view.eventId === b.views[at]?.eventId)

/** The row of a call. A function of what was written alone, whatever became of the call since. */
export const callRow = (call: Pick<Call, 'id' | 'realm'>, written: WrittenCall): CallRow => {
  const { views, agent, actor } = written
  const first = earliestOf(views)
  const decided = decidedBy(views)
  const decision = decided?.decision ?? 'not_evaluated'
  return {
    id: call.id,
    realm: call.realm,
    timeUs: startOf(views),
    endTimeUs: endOf(views),
    durationUs: durationOf(views),
    sessionId: written.sessionId,
    agentId: agent.agentId,
    agentName: agent.agentName,
    agentBasis: agent.agentBasis,
    userId: actor.userId,
    userEmail: actor.userEmail,
    clientName: actor.clientName,
    clientVersion: actor.clientVersion,
    clientAddress: actor.clientAddress,
    userAgent: actor.userAgent,
    explicitSessionId: actor.explicitSessionId,
    mcpSessionId: actor.mcpSessionId,
    authSessionId: actor.authSessionId,
    serviceAccountId: actor.serviceAccountId,
    server: firstText(views, serverOf),
    method: firstText(views, methodOf),
    tool: bareToolOf(views),
    toolExposed: exposedToolOf(views),
    resource: firstText(views, resourceOf),
    decision,
    decisionBasis: decided?.decisionBasis ?? '',
    decisionSource: decided?.decisionSource ?? '',
    layers: views.map(layerView),
    outcome: outcomeOf(views, decision),
    httpStatus: httpStatusOf(views),
    errorType: firstText(views, errorTypeOf),
    httpRequestId: firstText(views, httpRequestIdOf),
    jsonrpcId: firstText(views, jsonrpcIdOf),
    traceId: firstText(views, traceIdOf),
    argumentsEventId: views.find((view) => view.pattern.hasArguments)?.eventId ?? '',
    disagreements:
      written.absences.length === 0 ? disagreementsOf(views) : [...disagreementsOf(views), ...written.absences],
    aliases: aliasesOf(views, first),
    features: featuresOf(views),
    assessment: written.assessment,
    isOrphan: written.isOrphan,
    isLateChanged: written.isLateChanged,
    firstWrittenMs: written.firstWrittenMs,
    version: written.version,
  }
}

const errorTypeOf = (view: View): string => view.pattern.errorType
const resourceOf = (view: View): string => view.resource
const httpRequestIdOf = (view: View): string => view.httpRequestId
const jsonrpcIdOf = (view: View): string => view.jsonrpcId
const traceIdOf = (view: View): string => view.traceId

const aliasesOf = (views: readonly View[], first: View): readonly string[] => {
  if (views.length === 1) return none
  const aliases: string[] = []
  for (const view of views) if (view !== first) aliases.push(view.eventId)
  return aliases
}

const endOf = (views: readonly View[]): number => {
  let endUs = 0
  for (const view of views) endUs = Math.max(endUs, view.endTimeUs ?? view.timeUs)
  return endUs
}

/** The outermost layer's: what the agent waited. */
const durationOf = (views: readonly View[]): number | null => {
  for (const view of views) if (view.durationUs !== null) return view.durationUs
  return null
}

/** What the client was answered, if the access line tells; else what any layer was. */
const httpStatusOf = (views: readonly View[]): number | null => {
  let any: number | null = null
  for (const { pattern } of views) {
    if (pattern.httpStatus === null) continue
    if (pattern.kind === 'access') return pattern.httpStatus
    any ??= pattern.httpStatus
  }
  return any
}

/** A status of 200 is no success: only a layer that says so is believed, the innermost first. */
const outcomeOf = (views: readonly View[], decision: Decision): CallOutcome => {
  if (decision === 'deny' || decision === 'escalate') return 'denied'
  for (let at = views.length - 1; at >= 0; at -= 1) {
    const pattern = views[at]?.pattern
    if (pattern !== undefined && pattern.kind !== 'access' && pattern.outcome !== 'unknown') return pattern.outcome
  }
  return (
    views.find(({ pattern }) => pattern.kind === 'access' && pattern.outcome !== 'unknown')?.pattern.outcome ??
    'unknown'
  )
}

const layerView = (view: View): LayerView => {
  const { pattern } = view
  return {
    layer: pattern.layer,
    product: pattern.product,
    kind: pattern.kind,
    decision: pattern.decision,
    basis: pattern.decisionBasis,
    source: pattern.decisionSource,
    reasons: pattern.decisionReasons,
    policyId: pattern.policyId,
    eventId: view.eventId,
    timeUs: view.timeUs,
    durationUs: view.durationUs,
  }
}

/** Where the layers that saw the call contradict each other. */
const disagreementsOf = (views: readonly View[]): readonly string[] => {
  if (views.length === 1 && views[0]?.pattern.kind !== 'parse_failure') return none
  const found: string[] = []
  const refusing = views.find(({ pattern }) => pattern.decision === 'deny')?.pattern
  const proxy = views.find(({ pattern }) => pattern.layer === 'proxy' && pattern.decision !== 'not_evaluated')?.pattern
  if (refusing !== undefined) {
    if (proxy?.decision === 'allow') found.push('denied_behind_proxy')
    // Outermost first: what stands behind the layer that refused was reached all the same. A span may be the client's.
    const isReached = views.some(({ pattern }) => depthOf(pattern) > depthOf(refusing) && pattern.layer !== 'trace')
    if (isReached) found.push('reached_upstream_after_deny')
  }
  if (views.some(({ pattern }) => pattern.kind === 'parse_failure')) found.push('request_not_parsed_by_proxy')
  return found.length === 0 ? none : found
}

const none: readonly string[] = []
