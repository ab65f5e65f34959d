import type { ActivityEvent, CallOutcome, DecisionBasis, DecisionSource } from '../../src/event/event.ts'
import { bareTool } from './bare-tool.ts'
import { objectOf } from './field-values.ts'
import type { SourceFields } from './source-fields.ts'

/** A refusal, and how it is known. */
interface Denial {
  readonly source: DecisionSource
  readonly basis: DecisionBasis
  readonly reason: string
}

/** The gateway's codes for who ended a request, where that is a policy of its own. */
const deniedBy: Readonly<Record<string, DecisionSource>> = {
  JwtAuth: 'authn',
  Oidc: 'authn',
  BasicAuth: 'authn',
  APIKeyAuth: 'authn',
  ExtAuth: 'authz',
  Authorization: 'authz',
  RateLimit: 'rate_limit',
  Guardrail: 'guardrail',
}

const guardrail = 'mcp: mcpGuardrails rejected'
/** Sent also where the client may not know that there is such a tool: a name that nobody has gives another text. */
const hidden = /^mcp: (Unknown (?:tool|prompt|resource|task)[\w ]{0,30}): (.*)$/s
const rateLimited = 'mcp: rate limit exceeded'

/** The operator's word, as a constant in the log, that authorization rules cover every request of the route. */
const coveredKey = 'agenttrail.rbac'
const answered: ReadonlySet<CallOutcome> = new Set(['success', 'tool_error', 'protocol_error'])

/**
 * What came of a request. The gateway states no decision: a refusal shows in a code or, within MCP, in the error's text. An
 * allow never shows, so whatever is not refused is `not_evaluated`, unless the operator says that there are rules and the
 * request got to its server.
 */
export const readAgentgatewayResult = (event: ActivityEvent, fields: SourceFields): void => {
  const reason = String(fields.peek('reason') ?? '')
  const error = String(fields.peek('error') ?? '')
  const denial = denialOf(reason, error)
  const code = fields.id('mcp.error.code')
  if (denial !== undefined) {
    event.decision = 'deny'
    event.decisionBasis = denial.basis
    event.decisionSource = denial.source
    event.decisionReasons = [denial.reason]
  }
  event.outcome = denial === undefined ? outcomeOf(event, fields, { reason, error, code }) : 'denied'
  if (denial === undefined && fields.peek(coveredKey) === 'on' && answered.has(event.outcome)) {
    event.decision = 'allow'
    event.decisionBasis = 'inferred_code'
    event.decisionSource = 'authz'
  }
  event.errorType = code || fields.text('reason')
  event.errorMessage = fields.text('mcp.error.message') || fields.text('error')
  readExposedName(event, hidden.exec(error)?.[2] ?? '')
}

const denialOf = (reason: string, error: string): Denial | undefined => {
  const source = Object.hasOwn(deniedBy, reason) ? deniedBy[reason] : undefined
  if (source !== undefined) return { source, basis: 'inferred_code', reason }
  if (reason !== 'MCP') return undefined
  if (error.startsWith(guardrail)) {
    const said = error.slice(guardrail.length).replace(/^:\s*/, '')
    return { source: 'guardrail', basis: 'inferred_text', reason: said || 'mcpGuardrails rejected' }
  }
  if (error === rateLimited) return { source: 'rate_limit', basis: 'inferred_text', reason: 'rate limit exceeded' }
  const unknown = hidden.exec(error)?.[1]
  return unknown === undefined ? undefined : { source: 'authz', basis: 'inferred_text', reason: unknown }
}

const outcomeOf = (
  event: ActivityEvent,
  fields: SourceFields,
  { reason, error, code }: { readonly reason: string; readonly error: string; readonly code: string },
): CallOutcome => {
  if (reason === 'Timeout') return 'timeout'
  if (reason === 'UpstreamFailure' || reason === 'NoHealthyBackend') return 'failure'
  if (code !== '') return 'protocol_error'
  if (isToolError(event, fields)) return 'tool_error'
  const status = event.httpStatus ?? 0
  if (error !== '' || status >= 400) return 'failure'
  // The gateway reads the answer, and would have named an error in it. Whether the tool itself failed it tells only if asked.
  return event.method !== '' && status >= 200 && status < 300 ? 'success' : 'unknown'
}

/** Only where the operator has the tool's answer logged. */
const isToolError = (event: ActivityEvent, fields: SourceFields): boolean => {
  const error = fields.peek('mcp.tool.error')
  if (error !== undefined && error !== null && error !== '' && error !== false) return true
  const result = fields.peek('gen_ai.tool.call.result')
  return event.tool !== '' && objectOf(result)?.['isError'] === true
}

/** With several servers behind one endpoint the client sees `github_delete_repo`; only this error spells it. */
const readExposedName = (event: ActivityEvent, exposed: string): void => {
  if (exposed === '' || event.method !== 'tools/call') return
  event.toolExposed = exposed
  const bare = bareTool(exposed, event.server)
  // Without the server's name before it, the name says nothing of what is the tool's.
  if (event.tool === '' && bare !== exposed) event.tool = bare
}
