import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import type { Decide, Verdict } from './decide.ts'
import { type DecisionRequest, emptyRequest } from './decision-request.ts'
import { denialMessage, denialReason, denialText } from './denial-text.ts'
import type { OnDecided } from './grpc-server.ts'
import { withoutQuery } from './read-check.ts'
import { readHeaders } from './read-headers.ts'
import { readMessage } from './read-message.ts'

export interface DecideRoutesOptions {
  readonly decide: Decide
  readonly onDecided: OnDecided
}

const bodyBytesMax = 1 << 20
const envoyPrefix = '/decide/envoy'

/**
 * The decision service over HTTP: `POST /decide` for gateways that send the JSON-RPC message and go by the status (Obot, a
 * plugin of ContextForge), `POST /decide/docker` for Docker's interceptors, which go by the body, and `/decide/envoy/…` for
 * Envoy's `ext_authz`, which sends the request's own method, path and headers below its `path_prefix`.
 */
export const decideRoutes: FastifyPluginAsync<DecideRoutesOptions> = async (routes, { decide, onDecided }) => {
  // Whatever a gateway calls its body, and however much of it there is: it says nothing where it cannot be read.
  routes.removeAllContentTypeParsers()
  routes.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: bodyBytesMax }, (_request, body, done) => {
    done(null, body)
  })
  const decided = (request: DecisionRequest): Verdict => {
    const verdict = decide(request)
    if (!verdict.isAllowed || verdict.revocation !== null) onDecided(request, verdict)
    return verdict
  }
  routes.post('/decide', async (request, reply) => webhookAnswer(reply, decided(readWebhook(request))))
  routes.post('/decide/docker', async (request, reply) => dockerAnswer(reply, decided(readWebhook(request))))
  routes.all(`${envoyPrefix}/*`, async (request, reply) => {
    const asked = { ...readWebhook(request), host: request.headers.host ?? '', httpMethod: request.method }
    const path = withoutQuery(request.url).slice(envoyPrefix.length)
    return envoyAnswer(reply, { ...asked, path }, decided({ ...asked, path }))
  })
}

const readWebhook = (request: FastifyRequest): DecisionRequest => {
  const header = (name: string): string => {
    const value = request.headers[name]
    return typeof value === 'string' ? value : (value?.[0] ?? '')
  }
  const query = request.query as Readonly<Record<string, unknown>>
  const body = Buffer.isBuffer(request.body) ? request.body : ''
  return {
    ...emptyRequest,
    ...readHeaders(header),
    ...readMessage(body),
    realm: typeof query['realm'] === 'string' && query['realm'] !== '' ? query['realm'] : emptyRequest.realm,
    server: header('x-obot-mcp-server-id'),
  }
}

const statusOf = ({ why }: Verdict): number => (why === 'starting' ? 503 : 403)

const webhookAnswer = (reply: FastifyReply, verdict: Verdict): FastifyReply => {
  const { isAllowed, why, revocation } = verdict
  reply.status(isAllowed ? 200 : statusOf(verdict)).header('cache-control', 'no-store')
  return reply.send({
    decision: isAllowed ? 'allow' : 'deny',
    why,
    action: revocation?.actionId ?? null,
    reason: isAllowed ? '' : denialReason(verdict),
    message: isAllowed ? '' : denialText(verdict),
  })
}

/** An empty answer lets the call through, a tool's result takes the place of the call; any other status is a failure. */
const dockerAnswer = (reply: FastifyReply, verdict: Verdict): FastifyReply => {
  reply.status(200).header('cache-control', 'no-store')
  if (verdict.isAllowed) return reply.send()
  return reply.send({ isError: true, content: [{ type: 'text', text: denialText(verdict) }] })
}

const envoyAnswer = (reply: FastifyReply, request: DecisionRequest, verdict: Verdict): FastifyReply => {
  if (verdict.isAllowed) return reply.status(200).send()
  return reply.status(statusOf(verdict)).send(denialMessage(verdict, request.jsonrpcId))
}
