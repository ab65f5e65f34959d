import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyPluginAsync, LogController } from 'fastify'
import { AgenttrailError } from '../errors.ts'
import type { Access } from './access.ts'
import { addAuthorisation } from './authorise.ts'
import { endConnections } from './end-connections.ts'
import { checkOrigin, createHostCheck } from './host-check.ts'
import { problemOf } from './problem.ts'
import { securityHeaders } from './security-headers.ts'

export interface RoleServerDeps {
  readonly access: Access
  /** Why this process cannot do its work now; empty = ready. */
  readonly notReadyReasons: () => readonly string[]
  readonly plugins: readonly FastifyPluginAsync[]
  /** What `/api/v1/status` answers. */
  readonly status: () => object
  readonly host: string
  readonly log?: FastifyBaseLogger
}

const retryAfterSeconds = 5

/** The HTTP server of a process that does one part of the work: health, its own status, and what the part itself serves. */
export const createRoleServer = async (deps: RoleServerDeps): Promise<FastifyInstance> => {
  const server = fastify({
    ...(deps.log === undefined ? {} : { loggerInstance: deps.log }),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
  })
  endConnections(server)
  const checkHost = deps.access.mode === 'none' ? createHostCheck(deps.host) : checkOrigin
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders)
    if (request.url.startsWith('/decide/envoy/')) return
    checkHost(request.headers)
  })
  addAuthorisation(server, deps.access)
  server.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500) request.log.error({ err: error, code: problem.code }, 'request failed')
    if (error instanceof AgenttrailError && error.disposition === 'retry') {
      reply.header('retry-after', reply.getHeader('retry-after') ?? String(retryAfterSeconds))
    }
    return reply.status(problem.status).type('application/problem+json').send(problem)
  })
  server.get('/health/live', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { status: 'live' }
  })
  server.get('/health/ready', async (_request, reply) => {
    const reasons = deps.notReadyReasons()
    reply.header('cache-control', 'no-store')
    if (reasons.length > 0) reply.status(503).header('retry-after', String(retryAfterSeconds))
    return { status: reasons.length === 0 ? 'ready' : 'notReady', reasons }
  })
  server.get('/api/v1/status', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return deps.status()
  })
  for (const plugin of deps.plugins) await server.register(plugin)
  return server
}
