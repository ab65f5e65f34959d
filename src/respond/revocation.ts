import type { ActionKind } from './rows.ts'

/** Who a revocation is about: what its denials are attributed to. */
export interface RevokedSubject {
  readonly sessionId: string
  readonly userId: string
  readonly userEmail: string
  readonly agentId: string
  readonly agentName: string
  readonly serviceAccountId: string
}

/** What is denied, until when and why. A decision service that holds it needs nothing else. */
export interface Revocation {
  readonly actionId: string
  readonly realm: string
  readonly kind: Extract<ActionKind, 'hold' | 'revoke'>
  /** What a request is recognised by: any one of these is enough. See `revocationKey`. */
  readonly keys: readonly string[]
  readonly subject: RevokedSubject
  readonly reason: string
  readonly by: string
  readonly expiresAtMs: number
}

/** What requests are told apart by, the narrowest first. */
export type RevocationScope = 'mcp' | 'explicit' | 'login' | 'credential' | 'agent' | 'user' | 'tool'

const scopes: readonly string[] = [
  'mcp',
  'explicit',
  'login',
  'credential',
  'agent',
  'user',
  'tool',
] satisfies readonly RevocationScope[]

/** The key of one scope, also what an action's target is written as: `agent:<id>`. Tokens come as keyed hashes. */
export const revocationKey = (scope: RevocationScope, id: string): string => `${scope}:${id}`

/** The scope of a key. */
export const scopeOf = (key: string): RevocationScope => key.slice(0, key.indexOf(':')) as RevocationScope

/** Whether `target` names by itself what is to be denied. A session does not: it is resolved to the ids of its calls. */
export const isRevocationKey = (target: string): boolean => {
  const colon = target.indexOf(':')
  return colon > 0 && colon < target.length - 1 && scopes.includes(target.slice(0, colon))
}
