import type { Directory } from '../../correlate/directory.ts'
import { agentOf } from '../../correlate/subject.ts'
import { noActor } from '../../correlate/view.ts'
import type { Revocation, RevocationScope } from '../revocation.ts'
import type { Revocations } from '../revocations.ts'
import type { DecisionRequest } from './decision-request.ts'

/** What a gateway is told, and why. */
export interface Verdict {
  readonly isAllowed: boolean
  /** `revoked` also where a dry run lets the request pass. */
  readonly why: 'no_revocation' | 'revoked' | 'starting'
  readonly revocation: Revocation | null
}

export interface DecideDeps {
  readonly revocations: Revocations
  /** Agents as the configuration names them. */
  readonly directory: Directory
  /** Keyed hash of a token, as in events. */
  readonly sealToken: (token: string) => string
  readonly now: () => number
  /** What is answered while it is not known yet what is revoked. */
  readonly failure: 'open' | 'closed'
  /** False in dry run: nothing is denied. */
  readonly isEnforcing: boolean
}

export type Decide = (request: DecisionRequest) => Verdict

const nothingRevoked: Verdict = { isAllowed: true, why: 'no_revocation', revocation: null }

/** Decides about single requests from memory. The narrowest revocation is the one that is named. */
export const createDecide = (deps: DecideDeps): Decide => {
  const { revocations, isEnforcing } = deps
  const starting: Verdict = { isAllowed: deps.failure === 'open' || !isEnforcing, why: 'starting', revocation: null }

  return (request) => {
    if (!revocations.isReady) return starting
    const revocation = revocations.size === 0 ? null : findRevocation(request, deps)
    if (revocation !== null) return { isAllowed: !isEnforcing, why: 'revoked', revocation }
    // What is known holds; what is not known may have been revoked meanwhile.
    return revocations.isCurrent(request.realm) ? nothingRevoked : starting
  }
}

const findRevocation = (request: DecisionRequest, deps: DecideDeps): Revocation | null => {
  const { revocations, sealToken } = deps
  const nowMs = deps.now()
  const find = (scope: RevocationScope, id: string) => revocations.find(request.realm, scope, id, nowMs)
  const findAny = (scope: RevocationScope, ids: readonly string[]): Revocation | null => {
    for (const id of ids) {
      const found = find(scope, id)
      if (found !== null) return found
    }
    return null
  }
  return (
    find('mcp', sealToken(request.mcpSessionId)) ??
    find('explicit', request.explicitSessionId) ??
    find('login', request.authSessionId) ??
    find('credential', request.credential === '' ? '' : sealToken(request.credential)) ??
    findAny('agent', agentsOf(request, deps.directory)) ??
    findAny('user', request.userIds) ??
    findAny('user', request.userEmails) ??
    find('tool', request.tool)
  )
}

/** The ids that the analyser gives the same agent: what layers state, an OAuth client with its user, a configured name. */
const agentsOf = (
  { agentIds, authSessionId, oauthClientId, userIds }: DecisionRequest,
  directory: Directory,
): readonly string[] => {
  if (agentIds.length === 0 && authSessionId === '' && oauthClientId === '') return []
  const actors = [
    ...agentIds.map((agentId) => ({ ...noActor, agentId })),
    // Pomerium states a service account's id where it states a login's.
    ...(authSessionId === '' ? [] : [{ ...noActor, serviceAccountId: authSessionId }]),
    ...(oauthClientId === '' ? [] : ['', ...userIds].map((userId) => ({ ...noActor, userId }))),
  ]
  const known = actors.map((actor) => {
    const configured = directory.agentOf(actor, oauthClientId)
    return agentOf(actor, { client: oauthClientId, configured }).agentId
  })
  return [...agentIds, ...known]
}
