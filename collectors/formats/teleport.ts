import type { ActivityEvent, EventKind } from '../../src/event/event.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import type { Format } from '../../src/ingest/format.ts'
import { ignored, ok, rejected } from '../../src/ingest/outcome.ts'
import { keep } from './keep.ts'
import { readClientInfo } from './read-client-info.ts'
import { readJsonrpcRequest } from './read-jsonrpc-request.ts'
import { startedAt } from './read-times.ts'
import { sealSession } from './seal-session.ts'
import { setUser } from './set-user.ts'
import { SourceFields } from './source-fields.ts'
import { vendorEvent } from './vendor-event.ts'
import { withoutPort } from './without-port.ts'

interface AuditEvent {
  readonly kind: EventKind
  /** What happened to the session, in the attribute `auth.action`. */
  readonly action?: string
}

/** The audit events about MCP: JSON-RPC messages, and what became of the session that carries them. */
const auditEvents: Readonly<Record<string, AuditEvent>> = {
  'mcp.session.request': { kind: 'request' },
  'mcp.session.notification': { kind: 'request' },
  'mcp.session.start': { kind: 'auth', action: 'session_started' },
  'mcp.session.end': { kind: 'auth', action: 'session_ended' },
  'mcp.session.listen_sse_stream': { kind: 'web' },
  'mcp.session.invalid_http_request': { kind: 'web' },
}

/** Teleport's audit log, as its event handler or a log backend gives it: a few of its events are about MCP. */
export const teleport: Format = {
  name: 'teleport',

  recognises: (value) =>
    typeof value['event'] === 'string' && typeof value['code'] === 'string' && typeof value['ei'] === 'number',

  read: (value, origin, context) => {
    const name = value['event']
    if (typeof name !== 'string') return rejected('event is missing or no text')
    if (!Object.hasOwn(auditEvents, name)) return ignored('no event about MCP')
    const time = parseTime(value['time'])
    if (time === undefined) return rejected('time is missing or not RFC 3339')
    const { kind, action } = auditEvents[name] as AuditEvent
    const fields = new SourceFields(value)
    fields.drop('time')
    const event = vendorEvent(origin, { name: 'teleport', layer: 'gateway' })
    event.kind = kind
    startedAt(event, time, undefined)
    event.sourceEventId = fields.text('uid')
    event.server = fields.text('app_name')
    readActor(event, fields)
    const sealed = sealSession(event, { fields, context }, 'sid')
    readOperation(event, fields)
    readOutcome(event, fields)
    fields.rest(event.attributes)
    if (action !== undefined) keep(event, 'auth.action', action)
    return ok({ events: [event], sealed, vendorId: event.sourceEventId })
  },
}

/** A bot's user stands for its Machine ID, which is the service account. */
const readActor = (event: ActivityEvent, fields: SourceFields): void => {
  setUser(event, fields.text('user'))
  event.serviceAccountId = fields.text('bot_name')
  const address = fields.peek('addr.remote')
  if (typeof address !== 'string') return
  event.clientAddress = withoutPort(address)
  if (event.clientAddress === address) fields.drop('addr.remote')
}

const readOperation = (event: ActivityEvent, fields: SourceFields): void => {
  if (event.kind === 'web') {
    event.httpMethod = fields.text('method')
    event.urlPath = fields.text('path')
  }
  if (fields.peek('message') === undefined) return
  readJsonrpcRequest(event, fields, 'message')
  // Teleport puts no prefix before a server's own names.
  event.tool = event.toolExposed
  readClientInfo(event, fields, 'message', 'params')
}

/**
 * Teleport states no decision. What it refuses itself it writes down with this text; any other error came from the server
 * or the way to it (codes of failures end in E). That a message was passed on says nothing of what the server answered, so
 * it is no success either.
 */
const readOutcome = (event: ActivityEvent, fields: SourceFields): void => {
  event.errorMessage = fields.text('error')
  const isFailed =
    fields.flag('success') === false || event.errorMessage !== '' || String(fields.peek('code')).endsWith('E')
  if (!isFailed) {
    event.outcome = event.kind === 'auth' ? 'success' : 'unknown'
    return
  }
  event.outcome = 'failure'
  if (!/\baccess denied\b/i.test(event.errorMessage)) return
  event.decision = 'deny'
  event.decisionBasis = 'inferred_text'
  event.decisionSource = 'authz'
  event.outcome = 'denied'
  if (event.kind === 'request') event.kind = 'decision'
}
