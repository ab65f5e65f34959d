import type { ActivityEvent, CallOutcome, DecisionSource } from '../../src/event/event.ts'
import { objectOf } from './field-values.ts'
import { isUpstreamError } from './litellm-errors.ts'
import { readGuardrails } from './litellm-guardrails.ts'
import type { SourceFields } from './source-fields.ts'

/** What LiteLLM's own refusals are raised as. */
const refusedBy: ReadonlyMap<string, DecisionSource> = new Map([
  ['GuardrailRaisedException', 'guardrail'],
  ['BlockedPiiEntityError', 'guardrail'],
  ['BudgetExceededError', 'policy'],
])
const refusedWith: ReadonlyMap<string, DecisionSource> = new Map([
  ['401', 'authn'],
  ['403', 'authz'],
  ['429', 'rate_limit'],
])

/** Reads what became of the call, and what of that was a decision of LiteLLM's. */
export const readLitellmResult = (event: ActivityEvent, fields: SourceFields): void => {
  const status = fields.peek('status')
  const isFailed = status === 'failure'
  if (isFailed || status === 'success') fields.drop('status')
  readError(event, fields)
  if (isFailed) readRefusal(event)
  readGuardrails(event, fields, isFailed)
  const isToolError = readResult(event, fields)
  if (event.decision === 'deny') event.outcome = 'denied'
  else if (isFailed) event.outcome = failureOf(event.errorType)
  else if (status === 'success') event.outcome = isToolError ? 'tool_error' : 'success'
}

/** Callbacks have the error beside the metadata, the spend logs within. */
const readError = (event: ActivityEvent, fields: SourceFields): void => {
  const isOutside = objectOf(fields.peek('error_information')) !== undefined
  const path = isOutside ? ['error_information'] : ['metadata', 'error_information']
  event.errorType = fields.text(...path, 'error_class')
  event.errorMessage = fields.text(...path, 'error_message')
  const code = String(fields.peek(...path, 'error_code'))
  if (/^[1-5]\d\d$/.test(code)) event.httpStatus = Number(fields.id(...path, 'error_code'))
  if (event.errorMessage === '') event.errorMessage = fields.text('error_str')
  const text = fields.peek('error_str')
  if (text === event.errorMessage || text === `${code}: ${event.errorMessage}`) fields.drop('error_str')
}

/** A status is a refusal of LiteLLM's unless the error is one of the server's. */
const readRefusal = (event: ActivityEvent): void => {
  if (isUpstreamError(event.errorType)) return
  const byClass = refusedBy.get(event.errorType)
  const byStatus = refusedWith.get(String(event.httpStatus))
  const byText =
    event.httpStatus === null ? refusedWith.get(/^\d{3}(?=: )/.exec(event.errorMessage)?.[0] ?? '') : undefined
  const source = byClass ?? byStatus ?? byText
  if (source === undefined) return
  event.decision = 'deny'
  event.decisionSource = source
  event.decisionBasis = byClass ? 'inferred_code' : byStatus ? 'inferred_status' : 'inferred_text'
}

/** Takes the tool's result, and tells whether it is an error. */
const readResult = (event: ActivityEvent, fields: SourceFields): boolean => {
  const inner = ['metadata', 'mcp_tool_call_metadata', 'result']
  const path = objectOf(fields.peek(...inner)) === undefined ? ['response'] : inner
  const isToolError = objectOf(fields.peek(...path))?.['isError'] === true
  // The spend logs write an empty object where they keep no payloads.
  const isFilled = Object.keys(Object(fields.peek(...path))).length > 0
  if (isFilled) event.result = fields.json(...path)
  return isToolError
}

const failureOf = (errorClass: string): CallOutcome => {
  if (errorClass.includes('Timeout')) return 'timeout'
  if (errorClass === 'CancelledError') return 'cancelled'
  // The server answered, with an error of JSON-RPC.
  return errorClass === 'McpError' ? 'protocol_error' : 'failure'
}
