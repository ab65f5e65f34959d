import type { EventShape, FindingShape } from '../read-model.ts'

const version = '1.5.0'
const product = { name: 'agenttrail', vendor_name: 'agenttrail' }
const severityIds: Readonly<Record<string, number>> = { info: 1, low: 2, medium: 3, high: 4, critical: 5 }
const statusIds: Readonly<Record<string, number>> = { open: 1, acknowledged: 2, truePositive: 4, falsePositive: 3 }

/** A finding as OCSF's Detection Finding (class 2004). */
export const findingToOcsf = (finding: FindingShape): object => ({
  activity_id: 1,
  category_uid: 2,
  class_uid: 2004,
  type_uid: 200401,
  time: Date.parse(finding.time),
  severity_id: severityIds[finding.severity] ?? 99,
  status_id: statusIds[finding.status] ?? 99,
  status: finding.status,
  is_alert: !finding.shadow && finding.state === 'final',
  message: finding.explanation.text,
  comment: finding.note,
  metadata: { version, product, uid: finding.id, correlation_uid: finding.incidentId },
  finding_info: {
    uid: finding.id,
    title: finding.ruleTitle,
    desc: finding.explanation.text,
    created_time: Date.parse(finding.time),
    analytic: { type_id: 1, uid: finding.ruleId, name: finding.ruleTitle },
    related_events: finding.calls.map((uid) => ({ uid, type: 'call' })),
  },
  evidences: [{ actor: actorOf(finding.session.agent, finding.session.user), data: finding.explanation.observed }],
  unmapped: { state: finding.state, sessionId: finding.sessionId, shadow: finding.shadow },
})

/** An event as OCSF's API Activity (class 6003). */
export const eventToOcsf = (event: EventShape): object => {
  const text = (name: string): string => (typeof event[name] === 'string' ? event[name] : '')
  const isDeny = text('decision') === 'deny'
  const isFailure = isDeny || (text('outcome') !== 'success' && text('outcome') !== 'unknown' && text('outcome') !== '')
  return {
    activity_id: 99,
    activity_name: text('method'),
    category_uid: 6,
    class_uid: 6003,
    type_uid: 600399,
    time: Date.parse(event.time),
    severity_id: 1,
    status_id: isFailure ? 2 : text('outcome') === 'success' ? 1 : 0,
    ...actionOf(text('decision')),
    metadata: { version, product: { name: text('product'), vendor_name: text('product') }, uid: event.eventId },
    actor: actorOf(text('agentName') || text('agentId'), text('userEmail') || text('userId')),
    src_endpoint: { ip: text('clientAddress'), name: text('clientName') },
    http_request: { user_agent: text('userAgent'), uid: text('httpRequestId') },
    api: {
      operation: text('tool') || text('method'),
      service: { name: text('server') },
      request: { uid: text('jsonrpcId') },
      response: { code: event['httpStatus'] ?? 0, error: text('errorType'), error_message: text('errorMessage') },
    },
    unmapped: event,
  }
}

const actorOf = (agent: string, user: string): object => ({ app_name: agent, user: { name: user } })

const actionOf = (decision: string): object => {
  if (decision === 'allow') return { action_id: 1, action: 'Allowed' }
  return decision === 'deny' ? { action_id: 2, action: 'Denied' } : { action_id: 0, action: 'Unknown' }
}
