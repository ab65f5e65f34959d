import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'
import { type ApiClient, problemError, type Query } from './api-client.ts'
import type { RecordBody } from './record-bodies.ts'
import { acceptedShape, parseShape } from './shapes.ts'

export interface SendOptions {
  readonly format: string
  readonly source: string
  readonly realm: string
  readonly signal?: AbortSignal
  /** Called before each wait, with the reason. */
  readonly onRetry?: (reason: string, waitMs: number) => void
}

export interface Sent {
  readonly batchId: string
  readonly accepted: number
  /** Above 1, an earlier attempt may have been kept as well. */
  readonly attempts: number
}

const waitMsMin = 500
const waitMsMax = 10_000
/** A server that takes nothing for this long will not soon. */
const giveUpMs = 5 * 60_000

/**
 * Sends one body until the server has it durably. Asked to wait or cut off, it sends the same body under the same id
 * again, which stores nothing twice. A refusal that a retry cannot change is thrown.
 */
export const sendRecords = async (client: ApiClient, body: RecordBody, options: SendOptions): Promise<Sent> => {
  const began = performance.now()
  const batchId = batchIdOf(body, options.format)
  for (let attempt = 0; ; attempt += 1) {
    const result = await attemptSend(client, body, batchId, options)
    if ('batchId' in result) return { ...result, attempts: attempt + 1 }
    const backoffMs = Math.min(waitMsMax, waitMsMin * 2 ** attempt)
    const waitMs = result.retryAfterMs ?? backoffMs
    if (!result.isRetryable || performance.now() - began + waitMs > giveUpMs) throw result.error
    options.onRetry?.(result.error.message, waitMs)
    await delay(waitMs, undefined, signalOf(options))
  }
}

interface Failed {
  readonly isRetryable: boolean
  readonly retryAfterMs: number | null
  readonly error: AgenttrailError
}

const attemptSend = async (
  client: ApiClient,
  body: RecordBody,
  batchId: string,
  { format, source, realm, signal }: SendOptions,
): Promise<Omit<Sent, 'attempts'> | Failed> => {
  const query: Query = { format, source, realm }
  let response: Response
  let text: string
  try {
    response = await client.send('/v1/records', {
      method: 'POST',
      query,
      headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': batchId },
      body: new Uint8Array(body.bytes),
      ...(signal !== undefined && { signal }),
    })
    text = await response.text()
  } catch (cause) {
    signal?.throwIfAborted()
    const error =
      cause instanceof AgenttrailError
        ? cause
        : new AgenttrailError('AGT_SERVER_UNREACHABLE', `${client.url} cut the connection`, { cause })
    return { isRetryable: true, retryAfterMs: null, error }
  }
  if (response.ok) {
    const { accepted, batchId: id } = parseShape(acceptedShape, JSON.parse(text))
    return { batchId: id, accepted }
  }
  const isRetryable = response.status === 429 || response.status >= 500
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  return {
    isRetryable,
    retryAfterMs: Number.isNaN(retryAfter) ? null : Math.min(60_000, retryAfter * 1000),
    error: problemError(response.status, text, client.url),
  }
}

const signalOf = ({ signal }: SendOptions): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal }

/**
 * Names a body after its content, its place in the file and the format it is read as: the same file sent twice is stored
 * once, and a file sent again with the right format is read anew.
 */
const batchIdOf = (body: RecordBody, format: string): string => {
  const hash = createHash('sha256').update(`${format}\n${body.offset}\n`).update(body.bytes).digest('hex')
  return `${hash.slice(0, 40)}.${body.offset}`
}
