import type { ActivityEvent, CallOutcome } from '../../src/event/event.ts'
import type { JsonObject } from '../../src/ingest/format.ts'
import { textOf } from './field-values.ts'

const refusals = { 401: 'authn', 403: 'authz', 429: 'rate_limit' } as const

/** Reads what Kong decided about a call: its access control says so outright; without it, the status that Kong itself gave. */
export const readKongDecision = (event: ActivityEvent, checks: readonly JsonObject[], source: unknown): void => {
  const denying = checks.find((check) => check['action'] === 'deny')
  const allowing = checks.find((check) => check['action'] === 'allow')
  const deciding = denying ?? allowing
  if (deciding !== undefined) {
    event.decision = denying === undefined ? 'allow' : 'deny'
    event.decisionBasis = 'explicit'
    event.decisionSource = 'authz'
    const scope = textOf(deciding['scope'])
    event.decisionReasons = scope === '' ? [] : [scope]
    return
  }
  // `upstream` means that the server answered, and so that its status is no decision of Kong's.
  if (source !== 'kong' || event.httpStatus === null || !(event.httpStatus in refusals)) return
  event.decision = 'deny'
  event.decisionBasis = 'inferred_status'
  event.decisionSource = refusals[event.httpStatus as keyof typeof refusals]
}

/** What became of the call, as far as HTTP and Kong's own note of an error tell; a tool's error stands in the payload only. */
export const kongOutcome = (event: ActivityEvent): CallOutcome => {
  if (event.decision === 'deny') return 'denied'
  if (event.httpStatus === 408 || event.httpStatus === 504) return 'timeout'
  if (event.errorMessage !== '' || (event.httpStatus ?? 0) >= 400) return 'failure'
  return event.httpStatus === null ? 'unknown' : 'success'
}
