import type { ActivityEvent, CallOutcome, Decision, DecisionBasis, DecisionSource } from '../../src/event/event.ts'
import type { JsonObject } from '../../src/ingest/format.ts'
import { objectOf, textOf } from './field-values.ts'
import type { ObotShape } from './obot-shapes.ts'
import type { SourceFields } from './source-fields.ts'

const outcomes: Readonly<Record<string, CallOutcome>> = {
  success: 'success',
  failure: 'failure',
  denied: 'denied',
  timeout: 'timeout',
  unknown: 'unknown',
}

/** Reads what became of a call, and who decided. A webhook is the only one who allows; nobody else says so. */
export const readObotOutcome = (event: ActivityEvent, fields: SourceFields, shape: ObotShape): void => {
  // 0 is what a status is before there is one.
  event.httpStatus = fields.number(...shape.httpStatus) || null
  event.errorMessage = fields.text(...shape.error)
  const word = textOf(fields.peek(...shape.status))
  const stated = Object.hasOwn(outcomes, word) ? outcomes[word] : undefined
  if (stated !== undefined) fields.drop(...shape.status)
  event.outcome = shape.status.length === 0 ? outcomeOfStatus(event) : (stated ?? 'unknown')
  const reason = fields.text('outcome', 'reason')
  event.errorType = reason || errorOfStatus(event)
  const hooks = webhooksOf(fields, shape)
  event.decisionReasons = [...(reason === '' ? [] : [reason]), ...hooks.map(nameOf)]
  const verdict = verdictOf(event, reason, decisionOf(hooks, fields, shape))
  if (verdict === undefined) return
  event.decision = verdict.decision
  event.decisionBasis = verdict.basis
  event.decisionSource = verdict.source
  // A request that a webhook blocked is answered with 200, and Obot calls it a failure.
  if (verdict.decision === 'deny') event.outcome = 'denied'
}

/** As Obot itself tells them, in its order. */
const outcomeOfStatus = (event: ActivityEvent): CallOutcome => {
  const status = event.httpStatus ?? 0
  if (status === 401 || status === 403) return 'denied'
  if (status === 408 || status === 504) return 'timeout'
  if (event.errorMessage !== '' || status >= 400) return 'failure'
  return status > 0 ? 'success' : 'unknown'
}

const errorOfStatus = ({ outcome, httpStatus }: ActivityEvent): string =>
  outcome === 'failure' && httpStatus !== null && httpStatus >= 400 ? String(httpStatus) : ''

interface Verdict {
  readonly decision: Decision
  readonly basis: DecisionBasis
  readonly source: DecisionSource
}

const verdictOf = (event: ActivityEvent, reason: string, ofWebhooks: Decision | undefined): Verdict | undefined => {
  if (ofWebhooks === 'deny') return { decision: 'deny', basis: 'explicit', source: 'webhook' }
  if (reason === 'user_rejected') return { decision: 'deny', basis: 'explicit', source: 'user' }
  if (event.outcome === 'denied') return denialOf(event.httpStatus)
  return ofWebhooks === undefined ? undefined : { decision: ofWebhooks, basis: 'explicit', source: 'webhook' }
}

/** Obot takes its word from the status, which may as well be the server's own. */
const denialOf = (httpStatus: number | null): Verdict => {
  if (httpStatus === 401) return { decision: 'deny', basis: 'inferred_status', source: 'authn' }
  if (httpStatus === 403) return { decision: 'deny', basis: 'inferred_status', source: 'authz' }
  return { decision: 'deny', basis: 'inferred_code', source: '' }
}

/** What all webhooks together decided; `undefined` if none was asked. */
const decisionOf = (hooks: readonly JsonObject[], fields: SourceFields, shape: ObotShape): Decision | undefined => {
  const words = hooks.map((hook) => textOf(hook['status']).toLowerCase())
  if (words.some((word) => refused.test(word))) return 'deny'
  const isRequestMutated = fields.flag(...shape.request.isMutated) === true
  const isResponseMutated = fields.flag(...shape.response.isMutated) === true
  if (isRequestMutated || isResponseMutated || words.includes('mutated')) return 'modify'
  if (words.length === 0) return undefined
  return words.every((word) => passed.test(word)) ? 'allow' : 'indeterminate'
}

/** Newer versions write a word, older ones the webhook's HTTP status: `403 Forbidden`. */
const refused = /^(?:denied|rejected|[45]\d\d\b)/
const passed = /^(?:ok|accepted|allowed|2\d\d\b)/

const webhooksOf = (fields: SourceFields, shape: ObotShape): readonly JsonObject[] => {
  const list = fields.peek(...shape.webhooks)
  if (!Array.isArray(list)) return []
  // An empty list says that no webhook was asked.
  if (list.length === 0) fields.drop(...shape.webhooks)
  return list.map(objectOf).filter((hook) => hook !== undefined)
}

const nameOf = (hook: JsonObject): string => `${textOf(hook['name']) || textOf(hook['url'])}:${textOf(hook['status'])}`
