import type { ActivityEvent, CallOutcome, DecisionBasis, DecisionSource } from '../../src/event/event.ts'
import { readInteger } from './read-integer.ts'
import type { SourceFields } from './source-fields.ts'

/** What an Envoy access log says of how a request was answered. */
export interface EnvoyAnswer {
  readonly status: number | null
  /** `UT,DC`: why it was not answered normally; `''` if it was. */
  readonly flags: readonly string[]
  /** `via_upstream`, or which filter answered and why. */
  readonly details: string
}

/** Reads the answer's keys, and puts the status into the event. */
export const readEnvoyAnswer = (event: ActivityEvent, fields: SourceFields): EnvoyAnswer => {
  event.httpStatus = readInteger(fields, 'response_code')
  const flags = fields.text('response_flags')
  return {
    status: event.httpStatus,
    flags: flags === '' || flags === '-' ? [] : flags.split(','),
    // Stays an attribute: the event has no field for all of it.
    details: String(fields.peek('response_code_details') ?? ''),
  }
}

interface Denial {
  readonly source: DecisionSource
  readonly basis: DecisionBasis
  readonly reasons: readonly string[]
}

const deniedByFilter =
  /^(jwt_authn_access_denied|ext_authz_denied|rbac_access_denied|request_rate_limited|local_rate_limited)/
const sources: Readonly<Record<string, DecisionSource>> = {
  jwt_authn_access_denied: 'authn',
  ext_authz_denied: 'authz',
  rbac_access_denied: 'authz',
  request_rate_limited: 'rate_limit',
  local_rate_limited: 'rate_limit',
}
const deniedByFlag: ReadonlyMap<string, string> = new Map([
  ['UAEX', 'ext_authz_denied'],
  ['RL', 'request_rate_limited'],
])
const deniedByStatus: Readonly<Record<number, DecisionSource>> = { 401: 'authn', 403: 'authz' }

/**
 * What came of a request that Envoy's own filters, or the gateway behind them, answer for. Whether they refused it a filter
 * tells by its name, and otherwise only the status.
 */
export const readEnvoyVerdict = (event: ActivityEvent, answer: EnvoyAnswer): void => {
  const denial = byFilter(answer) ?? byStatus(answer)
  if (denial === undefined) {
    readEnvoyOutcome(event, answer)
    return
  }
  event.decision = 'deny'
  event.decisionBasis = denial.basis
  event.decisionSource = denial.source
  event.decisionReasons = denial.reasons
  event.outcome = 'denied'
  event.errorType = answer.flags.join(',')
}

const byFilter = ({ details, flags, status }: EnvoyAnswer): Denial | undefined => {
  const flagged = flags.map((flag) => deniedByFlag.get(flag)).find((filter) => filter !== undefined)
  const filter = deniedByFilter.exec(details)?.[1] ?? flagged
  if (filter === undefined) return undefined
  // An external authorizer checks the login as well, and says which of the two it was by the status only.
  const source = filter === 'ext_authz_denied' && status === 401 ? 'authn' : (sources[filter] ?? 'policy')
  return { source, basis: 'inferred_code', reasons: [filter] }
}

const byStatus = ({ status }: EnvoyAnswer): Denial | undefined => {
  const source = deniedByStatus[status ?? 0]
  return source === undefined ? undefined : { source, basis: 'inferred_status', reasons: [] }
}

/** What came of a request that somebody else answers for, as far as Envoy knows: a status below 400 says nothing of what it holds. */
export const readEnvoyOutcome = (event: ActivityEvent, answer: EnvoyAnswer): void => {
  event.outcome = outcomeOf(answer)
  if (event.outcome !== 'unknown') event.errorType = answer.flags.join(',') || String(answer.status)
}

const outcomeOf = ({ status, flags, details }: EnvoyAnswer): CallOutcome => {
  if (flags.includes('DC') || details.startsWith('downstream_') || status === 499) return 'cancelled'
  if (flags.includes('UT') || details.includes('timeout') || status === 504) return 'timeout'
  const isBroken = flags.length > 0 || status === 0
  return isBroken || (status ?? 0) >= 400 ? 'failure' : 'unknown'
}
