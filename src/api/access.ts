import { roleNames } from '../config-access.ts'

export type Role = (typeof roleNames)[number]

/** What an endpoint asks of its caller. */
export type Right =
  /** How the pipeline is doing, without a row of anybody's. */
  | 'pipeline'
  | 'read'
  /** Arguments, results and raw records. */
  | 'payloads'
  | 'triage'
  | 'respond'
  /** SQL and rules over stored calls: what costs. */
  | 'query'
  | 'export'
  /** Who read what. */
  | 'audit'
  /** To keep evidence from retention. */
  | 'hold'
  | 'operate'
  | 'ingest'
  /** To ask the decision service, as gateways do. */
  | 'decide'

const watching: readonly Right[] = ['pipeline', 'read']

/** Payloads are a right of their own: no other role has it, not even `admin`. */
const rightsOf: Readonly<Record<Role, readonly Right[]>> = {
  viewer: watching,
  analyst: [...watching, 'triage', 'query', 'export'],
  'payload-reader': [...watching, 'payloads'],
  responder: [...watching, 'triage', 'respond'],
  auditor: [...watching, 'export', 'audit', 'hold'],
  admin: [...watching, 'triage', 'respond', 'query', 'export', 'audit', 'hold', 'operate'],
  ingest: ['pipeline', 'ingest', 'decide'],
}

/** Who asks. */
export interface Principal {
  /** As it stands in commands and in the record of reads. */
  readonly name: string
  readonly roles: readonly Role[]
  readonly realms: readonly string[] | 'all'
}

export const hasRight = (principal: Principal, right: Right): boolean =>
  principal.roles.some((role) => rightsOf[role].includes(right))

export const mayEnter = ({ realms }: Principal, realm: string): boolean => realms === 'all' || realms.includes(realm)

/** How callers are told apart. */
export interface Access {
  readonly mode: 'none' | 'tokens' | 'oidc' | 'pomerium'
  /** Who sent these headers; null if they name nobody who is known. */
  readonly identify: (headers: Headers) => Promise<Principal | null>
}

/** Of a request; names in lower case. */
export type Headers = Readonly<Record<string, string | readonly string[] | undefined>>

/** Whoever can reach the server may do everything: for addresses that only this machine reaches. */
export const openAccess: Access = {
  mode: 'none',
  identify: async () => ({ name: 'operator', roles: roleNames, realms: 'all' }),
}
