import assert from 'node:assert'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AgenttrailError } from '../errors.ts'
import { type Access, hasRight, mayEnter, type Principal } from './access.ts'
import { RequestError } from './problem.ts'
import { type RouteRight, rightOf } from './route-rights.ts'

const principals = new WeakMap<FastifyRequest, Principal>()

/** Who sent a request that was let through. */
export const principalOf = (request: FastifyRequest): Principal => {
  const principal = principals.get(request)
  assert(principal !== undefined, 'only routes with a right have a principal')
  return principal
}

/** What a request is counted under: its sender, or the address where anybody may ask. */
export const callerOf = (request: FastifyRequest): string => principals.get(request)?.name ?? request.ip

/** Lets a request through to its route only if its sender may: right and realm. Routes without a right do not start. */
export const addAuthorisation = (api: FastifyInstance, access: Access): void => {
  api.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) assert(rightOf(each, url) !== null, `${each} ${url} has no right`)
  })
  api.addHook('onRequest', async (request, reply) => {
    const { url } = request.routeOptions
    const asked = url === undefined ? null : rightOf(request.method, url)
    if (asked === null || asked.right === 'none') return
    const principal = await access.identify(request.headers)
    if (principal === null) {
      reply.header('www-authenticate', 'Bearer realm="agenttrail"')
      throw new AgenttrailError('AGT_UNAUTHENTICATED', unauthenticated)
    }
    authorise(principal, asked, request)
    principals.set(request, principal)
  })
}

/** The same for a server that only takes records in. */
export const addIntakeAuthorisation = (server: FastifyInstance, access: Access): void => {
  server.addHook('onRequest', async (request) => {
    const principal = await access.identify(request.headers)
    if (principal === null) throw new AgenttrailError('AGT_UNAUTHENTICATED', unauthenticated)
    authorise(principal, { right: 'ingest', realm: 'one' }, request)
  })
}

const unauthenticated =
  'This server wants to know who asks: send "authorization: Bearer TOKEN" with a token that is neither expired nor revoked (AGENTTRAIL_TOKEN for commands).'

/** Throws `AGT_FORBIDDEN`. A query without a realm means the principal's own, if there is one only. */
const authorise = (principal: Principal, { right, realm }: RouteRight, request: { readonly query: unknown }): void => {
  if (right !== 'none' && !hasRight(principal, right)) {
    throw forbidden(`${principal.name} has the roles ${principal.roles.join(', ')}, and none of them may do this.`)
  }
  if (realm === 'none') return
  if (realm === 'all') {
    if (principal.realms === 'all') return
    throw forbidden(`This is about all realms, and ${principal.name} may enter ${principal.realms.join(', ')} only.`)
  }
  const query = request.query as Record<string, unknown>
  if (query['realm'] === undefined && principal.realms !== 'all' && principal.realms.length === 1) {
    query['realm'] = principal.realms[0]
  }
  const asked = query['realm'] ?? 'default'
  if (typeof asked !== 'string') {
    throw new RequestError('realm: give it once, as text', {
      problems: [{ in: 'query', name: 'realm', detail: 'give it once, as text' }],
    })
  }
  if (!mayEnter(principal, asked)) throw forbidden(`${principal.name} may not enter the realm "${asked}".`)
}

const forbidden = (detail: string): AgenttrailError => new AgenttrailError('AGT_FORBIDDEN', detail)
