import type { ActivityEvent, Decision, EventKind } from '../../src/event/event.ts'
import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { textOf, textsOf } from './field-values.ts'
import { firstLabel } from './first-label.ts'
import { keep } from './keep.ts'
import { readPomeriumHeaders } from './pomerium-headers.ts'
import { keepRest, noVendorId, pomeriumEvent, type TakenKeys } from './pomerium-line.ts'

const taken: TakenKeys = new Map([
  ['level', 'any'],
  ['service', 'string'],
  ['message', 'string'],
  ['time', 'string'],
  ['request-id', 'string'],
  ['check-request-id', 'any'],
  ['method', 'string'],
  ['path', 'string'],
  ['host', 'string'],
  ['ip', 'string'],
  ['session-id', 'string'],
  ['service-account-id', 'string'],
  ['user', 'string'],
  ['email', 'string'],
  ['envoy-route-id', 'string'],
  ['route-id', 'string'],
  ['route-checksum', 'any'],
  ['mcp-method', 'string'],
  ['mcp-tool', 'string'],
  ['mcp-tool-parameters', 'any'],
  ['headers', 'object'],
  ['allow', 'boolean'],
  ['allow-why-true', 'object'],
  ['allow-why-false', 'object'],
  ['deny', 'boolean'],
  ['deny-why-true', 'object'],
  ['deny-why-false', 'object'],
])

const badCertificate = 'invalid-client-certificate'
/** Reasons that only the policy of an MCP route can give; the last two are their names of 2025. */
const mcpReasons: ReadonlySet<string> = new Set([
  'mcp-tool-match',
  'mcp-tool-no-match',
  'mcp-not-a-tool-call',
  'mcp-tool-ok',
  'mcp-tool-unauthorized',
])

/** `authorize check`: what Pomerium decided about one HTTP request, written when the request came in. */
export const readAuthorize: Format['read'] = (line, origin, context) => {
  const event = pomeriumEvent(line, origin)
  if (event === undefined) return rejected('time is missing or not RFC 3339')
  const requestId = event.httpRequestId
  event.sourceEventId = requestId === '' ? '' : `${requestId}:authz`
  event.httpMethod = textOf(line['method'])
  event.urlPath = textOf(line['path'])
  event.httpHost = textOf(line['host'])
  event.server = firstLabel(event.httpHost)
  event.clientAddress = textOf(line['ip'])
  event.userId = textOf(line['user'])
  event.userEmail = textOf(line['email'])
  event.authSessionId = textOf(line['session-id'])
  event.serviceAccountId = textOf(line['service-account-id'])
  event.routeId = textOf(line['envoy-route-id'])
  event.policyId = textOf(line['route-id'])
  event.policyVersion = checksumOf(line['route-checksum'])
  readOperation(event, line)
  const sealed = readPomeriumHeaders(event, line['headers'], context)
  const reasons = readDecision(event, line)
  event.kind = kindOf(event, reasons)
  keepRest(event, line, taken)
  const service = line['service']
  if (typeof service === 'string' && service !== 'authorize') keep(event, 'service', service)
  // Equal for HTTP; worth a place only where it says something.
  const checkId = line['check-request-id']
  if (checkId !== undefined && checkId !== requestId) keep(event, 'check-request-id', checkId)
  return ok({ events: [event], sealed, vendorId: noVendorId })
}

const checksumOf = (value: unknown): string =>
  value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value)

const readOperation = (event: ActivityEvent, line: JsonObject): void => {
  event.method = textOf(line['mcp-method'])
  event.tool = textOf(line['mcp-tool'])
  // Pomerium stands where the client does, so the client saw the same name.
  event.toolExposed = event.tool
  const parameters = line['mcp-tool-parameters']
  if (parameters !== undefined) event.arguments = JSON.stringify(parameters)
}

/** One of the two results that Pomerium's policy gives. */
interface Verdict {
  readonly name: 'allow' | 'deny'
  readonly value: unknown
  readonly reasons: readonly string[]
}

const verdictOf = (line: JsonObject, name: Verdict['name']): Verdict => {
  const ifTrue = textsOf(line[`${name}-why-true`])
  const ifFalse = textsOf(line[`${name}-why-false`])
  const reasons = ifTrue.length === 0 ? ifFalse : ifFalse.length === 0 ? ifTrue : [...ifTrue, ...ifFalse]
  return { name, value: line[name], reasons }
}

/** Returns the reasons of both verdicts. */
const readDecision = (event: ActivityEvent, line: JsonObject): readonly string[] => {
  const allow = verdictOf(line, 'allow')
  const deny = verdictOf(line, 'deny')
  const isDecidedByDeny = deny.value === true || isAboutLogin(deny.reasons)
  const [deciding, other] = isDecidedByDeny ? [deny, allow] : [allow, deny]
  event.decisionBasis = 'explicit'
  event.decisionReasons = deciding.reasons
  if (other.reasons.length > 0) keep(event, `${other.name}-why`, other.reasons.join(','))
  event.decision = decisionOf(allow, deny)
  event.decisionSource = isAuthentication(allow, deny) ? 'authn' : 'authz'
  // What became of an allowed request is not known yet when this line is written.
  event.outcome = event.decision === 'deny' || event.decision === 'escalate' ? 'denied' : 'unknown'
  return [...allow.reasons, ...deny.reasons]
}

/**
 * The line has no final verdict: this is the order in which Pomerium's `handleResult` finds it. `"allow":true,"deny":true`
 * is a deny. A line that states neither is no decision.
 */
const decisionOf = (allow: Verdict, deny: Verdict): Decision => {
  if (isRefusedCertificate(deny)) return 'deny'
  // Pomerium asks for a login: neither an allow nor a refusal by policy, but the request ended here.
  if (isAboutLogin(allow.reasons) || isAboutLogin(deny.reasons)) return 'escalate'
  if (typeof allow.value !== 'boolean' || typeof deny.value !== 'boolean') return 'indeterminate'
  return allow.value && !deny.value ? 'allow' : 'deny'
}

const isAuthentication = (allow: Verdict, deny: Verdict): boolean =>
  isRefusedCertificate(deny) || isAboutLogin(allow.reasons) || isAboutLogin(deny.reasons)

const isRefusedCertificate = (deny: Verdict): boolean => deny.value === true && deny.reasons.includes(badCertificate)

const isAboutLogin = (reasons: readonly string[]): boolean =>
  reasons.includes('user-unauthenticated') || reasons.includes('device-unauthenticated')

const kindOf = (event: ActivityEvent, reasons: readonly string[]): EventKind => {
  if (event.method !== '') return 'decision'
  // Pomerium's own pages live on the same host as the MCP route they serve.
  if (reasons.includes('pomerium-route')) return 'web'
  return event.mcpSessionId !== '' || reasons.some((reason) => mcpReasons.has(reason)) ? 'decision' : 'web'
}
