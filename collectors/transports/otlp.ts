import { createHash } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { AgenttrailError } from '../../src/errors.ts'
import type { Intake, Transport } from '../../src/ingest/transport.ts'
import { decompress } from './decompress.ts'
import { parseIntakeQuery } from './intake-query.ts'
import { encodeAnswer, encodeStatus, mediaTypes, type OtlpEncoding, refusalOf } from './otlp/answer.ts'
import { readJson } from './otlp/read-json.ts'
import { readProtobuf } from './otlp/read-protobuf.ts'
import type { OtlpSignal } from './otlp/request.ts'
import { splitRequest } from './otlp/split-request.ts'

/** What is known of an answered request. */
export interface AnsweredExport {
  readonly route: string
  readonly method: string
  readonly status: number
  readonly seconds: number
}

export interface OtlpOptions {
  readonly intake: Intake
  readonly address: { readonly host: string; readonly port: number }
  /** A body may be at most this large, and may grow to at most this when decompressed. */
  readonly bodyBytesMax: number
  /** Throws where a request comes under a name that is not this server's. */
  readonly checkHost: (headers: { readonly host?: string | undefined; readonly origin?: string | undefined }) => void
  /** Hooks that every HTTP server of ours has. */
  readonly prepare?: (server: FastifyInstance) => void
  readonly onAnswered?: (request: AnsweredExport) => void
  readonly log: { readonly error: (fields: object, message: string) => void }
}

export interface OtlpTransport extends Transport {
  /** `http://host:port`, once it has started. */
  readonly url: () => string
}

/** What lines may grow to, as a multiple of a body: each span's line repeats its resource. */
const linesPerBody = 4

/** OTLP over HTTP: traces and logs in JSON and protobuf. The answer comes after the records are durable. */
export const createOtlpTransport = (options: OtlpOptions): OtlpTransport => {
  const server = createServer(options)
  return {
    name: 'otlp',
    start: async () => {
      await server.listen(options.address)
    },
    stop: () => server.close(),
    url: () => {
      const { address, port, family } = server.server.address() as AddressInfo
      return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
    },
  }
}

const createServer = (options: OtlpOptions): FastifyInstance => {
  const server = fastify({ bodyLimit: options.bodyBytesMax, forceCloseConnections: 'idle' })
  options.prepare?.(server)
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(Object.values(mediaTypes), { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body)
  })
  server.addHook('onRequest', async (request) => {
    options.checkHost({ host: request.headers.host, origin: request.headers.origin })
    // Told before the body is read: reading it only to refuse it would waste the capacity that is short.
    if (!options.intake.hasRoom()) throw new AgenttrailError('AGT_LOG_FULL', fullMessage)
  })
  server.addHook('onResponse', async (request, reply) => {
    const { url: route = 'none' } = request.routeOptions
    options.onAnswered?.({
      route,
      method: request.method,
      status: reply.statusCode,
      seconds: reply.elapsedTime / 1000,
    })
  })
  server.setErrorHandler((error, request, reply) => refuse(error, request, { reply, options }))
  server.setNotFoundHandler((request, reply) => {
    const detail = `There is no ${request.method} ${request.url.split('?', 1)[0]}; traces go to /v1/traces, logs to /v1/logs.`
    return refuse(new AgenttrailError('AGT_NOT_FOUND', detail), request, { reply, options })
  })
  for (const signal of ['traces', 'logs'] as const) {
    server.post(`/v1/${signal}`, async (request, reply) => accept(request, reply, { signal, options }))
  }
  return server
}

const fullMessage = 'The log is full: records arrive quicker than they are stored. Nothing was kept; send them again.'

const accept = async (
  request: FastifyRequest,
  reply: FastifyReply,
  { signal, options }: { readonly signal: OtlpSignal; readonly options: OtlpOptions },
): Promise<Buffer> => {
  const query = parseIntakeQuery(request.query)
  const encoding = encodingOf(request)
  const body = await decompress(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0), {
    encoding: request.headers['content-encoding'],
    bytesMax: options.bodyBytesMax,
  })
  const { sources, rejected, problems } = splitRequest(
    encoding === 'json' ? readJson(body, signal) : readProtobuf(body, signal),
    { signal, source: query.source, address: request.ip, linesBytesMax: linesPerBody * options.bodyBytesMax },
  )
  const isBackfill = query.backfill === 'true'
  for (const { source, body: lines, records } of sources) {
    await options.intake.append({
      realm: query.realm,
      source,
      format: 'otlp-json',
      transport: 'otlp',
      identity: 'batch',
      // OTLP has no id of a request. The lines are the same whatever encoding they came in.
      batchId: createHash('sha256').update(`${source}\n`).update(lines).digest('base64url'),
      baseOffset: 0,
      records,
      body: lines,
      isBackfill,
    })
  }
  reply.type(mediaTypes[encoding])
  return encodeAnswer({ rejected, message: [...problems].join('; ') }, { signal, encoding })
}

const refuse = (
  error: unknown,
  request: FastifyRequest,
  { reply, options }: { readonly reply: FastifyReply; readonly options: OtlpOptions },
): FastifyReply => {
  const { status, code, message } = refusalOf(error)
  const isForLater = status === 429 || status === 503
  if (status >= 500) options.log.error({ err: error }, 'OTLP request failed')
  if (isForLater) reply.header('retry-after', String(options.intake.retryAfterSeconds))
  const encoding = encodingOf(request)
  return reply.status(status).type(mediaTypes[encoding]).send(encodeStatus({ code, message }, encoding))
}

/** What is in no encoding of OTLP's is answered in the one that people can read. */
const encodingOf = (request: FastifyRequest): OtlpEncoding =>
  (request.headers['content-type'] ?? '').startsWith(mediaTypes.protobuf) ? 'protobuf' : 'json'
