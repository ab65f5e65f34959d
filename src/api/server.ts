import fastifyStatic from '@fastify/static'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  LogController,
} from 'fastify'
import { AgenttrailError } from '../errors.ts'
import type { Access } from './access.ts'
import { addAuthorisation, principalOf } from './authorise.ts'
import { addConsole } from './console-files.ts'
import { endConnections } from './end-connections.ts'
import { checkOrigin, createHostCheck } from './host-check.ts'
import { limitRate } from './limit-rate.ts'
import { LiveFeed } from './live.ts'
import { addLoginRoutes } from './login-routes.ts'
import { createOpenApi } from './openapi.ts'
import { otherPaths } from './other-paths.ts'
import { problemOf } from './problem.ts'
import type { PipelineStatus, ReadModel } from './read-model.ts'
import { readRoutes } from './read-routes.ts'
import { notReadyReasons } from './readiness.ts'
import { addReadRecord, type RecordRead } from './record-reads.ts'
import { addResponseRoutes } from './response-routes.ts'
import type { Download, RouteDeps } from './route.ts'
import { securityHeaders } from './security-headers.ts'
import { statusFor } from './status-for.ts'

/** What is known of an answered request: `route` is its pattern, never its path. */
export interface AnsweredRequest {
  readonly route: string
  readonly method: string
  readonly status: number
  readonly seconds: number
}

export interface ApiDeps {
  readonly access: Access
  readonly recordRead: RecordRead
  readonly requestsPerMinuteMax: number
  readonly readModel: ReadModel
  readonly status: () => PipelineStatus
  readonly batch: RouteDeps['batch']
  readonly response: RouteDeps['response']
  /** Serves `POST /v1/records`. */
  readonly recordsPlugin: FastifyPluginAsync
  /** Serves `/decide` and what is below it. */
  readonly decidePlugin: FastifyPluginAsync
  /** The body of `/metrics` in what the request's `Accept` asks for. */
  readonly metricsText: (accept: string) => Promise<{ readonly contentType: string; readonly text: string }>
  /** The body of `/schemas/decision-event.json`. */
  readonly decisionEventSchema: object
  /** The body of `/schemas/rule.json`. */
  readonly ruleSchema: object
  readonly rules: RouteDeps['rules']
  readonly backtest: RouteDeps['backtest']
  readonly judge: RouteDeps['judge']
  readonly holdSession: RouteDeps['holdSession']
  readonly askSql: RouteDeps['askSql']
  readonly replay: RouteDeps['replay']
  readonly now: () => Date
  /** The host of the configured address; requests under other names than this and loopback's are refused. */
  readonly host: string
  /** The directory of the built console. */
  readonly consoleDir: string
  readonly onAnswered?: (request: AnsweredRequest) => void
  readonly log?: FastifyBaseLogger
}

/** The HTTP server: API, console, health, metrics and record intake. It does not listen yet; closing it ends live streams. */
export const createApi = async (deps: ApiDeps): Promise<FastifyInstance> => {
  const api = fastify({
    ...(deps.log === undefined ? {} : { loggerInstance: deps.log }),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: 'idle',
    // Ids of ours can be long; the default of 100 would answer 404 for them.
    routerOptions: { maxParamLength: 1024 },
  })
  endConnections(api)
  addHooks(api, deps)
  addAuthorisation(api, deps.access)
  await limitRate(api, deps.requestsPerMinuteMax)
  addReadRecord(api, deps.recordRead)
  addErrors(api)
  for (const route of readRoutes) {
    const routeDeps: RouteDeps = deps
    api[route.method](route.path.replaceAll(/\{(\w+)\}/g, ':$1'), async (request, reply) => {
      reply.header('cache-control', 'no-store')
      const { params, query, body } = request
      const answer = await route.handle({ params, query, body, principal: principalOf(request) }, routeDeps)
      if (!route.isDownload) return answer
      const { type, filename, stream } = answer as Download
      return reply.type(type).header('content-disposition', `attachment; filename="${filename}"`).send(stream)
    })
  }
  addResponseRoutes(api, deps)
  addLoginRoutes(api, deps.access)
  addDocuments(api, deps)
  addHealth(api, deps)
  addLive(api, deps)
  await api.register(deps.recordsPlugin)
  await api.register(deps.decidePlugin)
  await addConsole(api, fastifyStatic, deps.consoleDir)
  return api
}

const addHooks = (api: FastifyInstance, deps: ApiDeps): void => {
  const checkHost = deps.access.mode === 'none' ? createHostCheck(deps.host) : checkOrigin
  api.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders)
    // Envoy asks with the headers of the request that it asks about; the answer reveals nothing to a page that guesses.
    if (request.url.startsWith('/decide/envoy/')) return
    checkHost(request.headers)
  })
  api.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const { method } = request
    deps.onAnswered?.({ route, method, status: reply.statusCode, seconds: reply.elapsedTime / 1000 })
  })
}

const addErrors = (api: FastifyInstance): void => {
  api.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error)
    if (problem.status >= 500) request.log.error({ err: error, code: problem.code }, 'request failed')
    return sendProblem(reply, error)
  })
  api.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?')[0]
    const detail = `There is no ${request.method} ${path}; /api/v1/openapi.json lists what there is.`
    return sendProblem(reply, new AgenttrailError('AGT_NOT_FOUND', detail))
  })
}

const retryAfterSeconds = 5

const sendProblem = (reply: FastifyReply, error: unknown): FastifyReply => {
  const problem = problemOf(error)
  const isForLater = error instanceof AgenttrailError && error.disposition === 'retry'
  if (isForLater && !reply.hasHeader('retry-after')) reply.header('retry-after', String(retryAfterSeconds))
  reply.header('cache-control', 'no-store')
  return reply.status(problem.status).type('application/problem+json').send(problem)
}

const addDocuments = (api: FastifyInstance, deps: ApiDeps): void => {
  const openApi = createOpenApi(readRoutes, otherPaths, deps.status().version)
  api.get('/api/v1/openapi.json', async () => openApi)
  api.get('/schemas/decision-event.json', async (_request, reply) => {
    reply.type('application/schema+json')
    return deps.decisionEventSchema
  })
  api.get('/schemas/rule.json', async (_request, reply) => {
    reply.type('application/schema+json')
    return deps.ruleSchema
  })
  api.get('/metrics', async (request, reply) => {
    const { contentType, text } = await deps.metricsText(request.headers.accept ?? '')
    return reply.headers({ 'cache-control': 'no-store', vary: 'accept' }).type(contentType).send(text)
  })
}

const addHealth = (api: FastifyInstance, deps: ApiDeps): void => {
  api.get('/health/live', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
    return { status: 'live' }
  })
  api.get('/health/ready', async (_request, reply) => {
    const reasons = notReadyReasons(deps.status())
    reply.header('cache-control', 'no-store')
    if (reasons.length > 0) reply.status(503).header('retry-after', String(retryAfterSeconds))
    return { status: reasons.length === 0 ? 'ready' : 'notReady', reasons }
  })
}

const recheckEveryMs = 10_000

const addLive = (api: FastifyInstance, deps: ApiDeps): void => {
  const feed = new LiveFeed({ status: deps.status })
  api.get('/api/v1/live', async (request, reply) => {
    const principal = principalOf(request)
    const stream = feed.open((status) => statusFor(principal, status))
    if (stream === null) {
      return reply.status(503).header('retry-after', String(retryAfterSeconds)).send({ status: 'too many live pages' })
    }
    // Whoever may not look any more is cut off, not only refused the next time.
    const check = setInterval(() => {
      void deps.access.identify(request.headers).then(
        (known) => known === null && stream.end(),
        () => stream.end(),
      )
    }, recheckEveryMs).unref()
    stream.on('close', () => clearInterval(check))
    // Proxies that buffer would hold the events back.
    return reply
      .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .type('text/event-stream; charset=utf-8')
      .send(stream)
  })
  api.addHook('preClose', async () => feed.close())
}
