import { createHash } from 'node:crypto'
import type { FastifyError, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { AgenttrailError } from '../../src/errors.ts'
import type { Intake } from '../../src/ingest/transport.ts'
import { countRecords } from '../split-lines.ts'
import { decompress } from './decompress.ts'
import { elementsToLines } from './elements-to-lines.ts'
import { nameCharsMax, parseIntakeQuery } from './intake-query.ts'

export interface RecordsOptions {
  readonly intake: Intake
  /** What `format` may name. */
  readonly formatNames: readonly string[]
  /** A body may be at most this large, and may grow to at most this when decompressed. */
  readonly bodyBytesMax: number
}

/**
 * `POST /v1/records`: a body of newline-delimited records, or a JSON array of them. The answer comes after the records
 * are durable. A full log is told before the body is read: reading 16 MiB only to refuse them would waste the capacity
 * that is short.
 */
export const recordsRoutes: FastifyPluginAsync<RecordsOptions> = async (routes, options) => {
  routes.removeAllContentTypeParsers()
  routes.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: options.bodyBytesMax }, (_request, body, done) => {
    done(null, body)
  })
  routes.setErrorHandler((error: FastifyError) => {
    if (error.code !== 'FST_ERR_CTP_BODY_TOO_LARGE') throw error
    const message = `The body is more than ${options.bodyBytesMax >> 20} MiB; send it in smaller parts.`
    throw new AgenttrailError('AGT_BODY_TOO_LARGE', message, { cause: error })
  })
  routes.post(
    '/v1/records',
    {
      bodyLimit: options.bodyBytesMax,
      onRequest: async (request, reply) => {
        if (!options.intake.hasRoom()) refuseFull(reply, options.intake)
        contentOf(request)
      },
    },
    async (request, reply) => accept(request, reply, options),
  )
}

const accept = async (request: FastifyRequest, reply: FastifyReply, options: RecordsOptions): Promise<object> => {
  const query = parseIntakeQuery(request.query)
  const { format } = query
  if (!options.formatNames.includes(format)) {
    throw new AgenttrailError(
      'AGT_FORMAT_UNKNOWN',
      `There is no format "${format}"; known are ${options.formatNames.join(', ')}.`,
    )
  }
  const body = linesOf(request, await bodyOf(request, options.bodyBytesMax))
  const records = countRecords(body)
  if (records === 0) throw new AgenttrailError('AGT_BODY_INVALID', 'The body holds no record: send one a line.')
  const key = request.headers['idempotency-key']
  if (typeof key === 'string' && key.length > nameCharsMax) {
    throw new AgenttrailError('AGT_REQUEST_INVALID', `Idempotency-Key has more than ${nameCharsMax} characters.`)
  }
  const batchId = typeof key === 'string' && key !== '' ? key : createHash('sha256').update(body).digest('base64url')
  try {
    const appended = await options.intake.append({
      realm: query.realm,
      source: query.source ?? request.ip,
      format,
      transport: 'http',
      identity: 'batch',
      batchId,
      baseOffset: 0,
      records,
      body,
      isBackfill: query.backfill === 'true',
    })
    return { accepted: records, batchId, position: `${appended.partition}:${appended.offset}` }
  } catch (error) {
    if (error instanceof AgenttrailError && error.code === 'AGT_LOG_FULL') refuseFull(reply, options.intake)
    throw error
  }
}

const refuseFull = (reply: FastifyReply, intake: Intake): never => {
  reply.header('retry-after', String(intake.retryAfterSeconds))
  throw new AgenttrailError(
    'AGT_LOG_FULL',
    `The log is full: records arrive quicker than they are stored. Nothing was kept; send them again in ${intake.retryAfterSeconds} s.`,
  )
}

const bodyOf = (request: FastifyRequest, bytesMax: number): Promise<Buffer> => {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  return decompress(body, { encoding: request.headers['content-encoding'], bytesMax })
}

/** Whether a body is lines or an array; one that says nothing is lines. */
const contentOf = (request: FastifyRequest): 'lines' | 'array' => {
  const type = (request.headers['content-type'] ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? ''
  if (arrayTypes.includes(type)) return 'array'
  if (lineTypes.includes(type) || type.startsWith('text/')) return 'lines'
  throw new AgenttrailError(
    'AGT_CONTENT_TYPE_UNSUPPORTED',
    `content-type "${type}" is not known here; send one record a line as application/x-ndjson, or a JSON array as application/json.`,
  )
}

const arrayTypes = ['application/json', 'application/cloudevents-batch+json']
const lineTypes = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines']

const linesOf = (request: FastifyRequest, body: Buffer): Buffer =>
  contentOf(request) === 'array' ? elementsToLines(body) : body
