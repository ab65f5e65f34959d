import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance } from 'fastify'
import { AgenttrailError } from '../errors.ts'
import { callerOf } from './authorise.ts'
import { rightOf } from './route-rights.ts'

const loginsPerMinuteMax = 20
const callersMax = 10_000

/**
 * Lets a caller ask so many times a minute. Intake and gateways' questions have no such limit: what they bring is bounded
 * by the log's room, and a gateway asks once for every request that it is asked.
 */
export const limitRate = async (api: FastifyInstance, perMinuteMax: number): Promise<void> => {
  await api.register(rateLimit, {
    max: perMinuteMax,
    timeWindow: 60_000,
    cache: callersMax,
    hook: 'preHandler',
    // Several people may share an address, behind a proxy.
    keyGenerator: (request) => callerOf(request),
    allowList: (request) => unlimited.has(rightOf(request.method, request.routeOptions.url ?? '')?.right ?? 'none'),
    errorResponseBuilder: (_request, { max, after }) =>
      new AgenttrailError('AGT_RATE_LIMITED', `More than ${max} requests in a minute; ask again in ${after}.`),
  })
}

const unlimited: ReadonlySet<string> = new Set(['none', 'ingest', 'decide'])

/** For the route where tokens could be tried out. */
export const loginLimit = {
  rateLimit: {
    max: loginsPerMinuteMax,
    hook: 'onRequest' as const,
    keyGenerator: (request: { readonly ip: string }) => request.ip,
    allowList: [],
  },
}
