import type { ActivityEvent } from '../../src/event/event.ts'
import type { JsonObject } from '../../src/ingest/format.ts'
import { objectOf, textOf, textsOf } from './field-values.ts'
import { isUpstreamError } from './litellm-errors.ts'
import type { SourceFields } from './source-fields.ts'

/**
 * Reads what LiteLLM's guardrails decided. One that intervened and let the call go on has changed it; one that could not
 * answer leaves open what it would have said. All they wrote stays among the attributes.
 */
export const readGuardrails = (event: ActivityEvent, fields: SourceFields, isFailed: boolean): void => {
  const guardrails = guardrailsOf(fields)
  const withStatus = (...statuses: readonly string[]): JsonObject | undefined =>
    guardrails.find((guardrail) => statuses.includes(textOf(guardrail['guardrail_status'])))
  // Older versions call it a failure when a guardrail blocks.
  const intervened = withStatus('guardrail_intervened') ?? (isFailed ? withStatus('failure') : undefined)
  const isBlocked = isFailed && !isUpstreamError(event.errorType)
  if (intervened !== undefined) decide(event, intervened, isBlocked ? 'deny' : 'modify')
  else if (event.decision === 'deny') return
  else decideWithout(event, withStatus('guardrail_failed_to_respond', 'failure'), withStatus('success'))
}

const decideWithout = (event: ActivityEvent, silent: JsonObject | undefined, passed: JsonObject | undefined): void => {
  if (silent !== undefined) decide(event, silent, 'indeterminate')
  else if (passed !== undefined) decide(event, passed, 'allow')
}

const decide = (event: ActivityEvent, guardrail: JsonObject, decision: ActivityEvent['decision']): void => {
  event.decision = decision
  event.decisionBasis = guardrail['guardrail_status'] === 'failure' ? 'inferred_code' : 'explicit'
  event.decisionSource = 'guardrail'
  const name = textOf(guardrail['guardrail_name'])
  event.policyId = textOf(guardrail['guardrail_id']) || name
  const violations = textsOf(guardrail['violation_categories'])
  event.decisionReasons = violations.length > 0 || name === '' ? violations : [name]
}

/** Those whose word counts: one that only writes logs stops nothing. */
const guardrailsOf = (fields: SourceFields): readonly JsonObject[] => {
  const outer = fields.peek('guardrail_information') ?? fields.peek('metadata', 'guardrail_information')
  const list: readonly unknown[] = Array.isArray(outer) ? outer : [outer]
  return list.flatMap((item) => {
    const guardrail = objectOf(item)
    return guardrail === undefined || guardrail['guardrail_mode'] === 'logging_only' ? [] : [guardrail]
  })
}
