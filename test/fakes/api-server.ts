import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedBody {
  readonly query: URLSearchParams
  readonly idempotencyKey: string
  readonly text: string
}

interface Counts {
  readonly stored: number
  readonly ignored: number
  readonly duplicate: number
  readonly rejected: number
}

export interface FakeApi {
  readonly url: string
  /** Bodies that were acknowledged. */
  readonly received: readonly ReceivedBody[]
  /** `path?query` of every GET. */
  readonly asked: readonly string[]
  /** What POSTs of other paths than the intake's were sent. */
  readonly commands: readonly { readonly path: string; readonly body: unknown; readonly idempotencyKey: string }[]
  readonly close: () => Promise<void>
}

/** Status and body of an answer; `reset` cuts the connection instead, after keeping the body or not. */
export type Answer =
  | { readonly status: number; readonly body: unknown; readonly headers?: Record<string, string> }
  | 'reset'
  | 'keepAndReset'

/**
 * A server that speaks as much of the API as the commands use. `lists` answers GETs by path; `refusals` are given, in
 * order, to the first posts of records.
 */
export const startFakeApi = async (
  options: {
    readonly lists?: Readonly<Record<string, unknown>>
    /** Answers POSTs of a path; what they were sent is in `commands`. */
    readonly answers?: Readonly<Record<string, { readonly status: number; readonly body: unknown }>>
    readonly refusals?: Answer[]
    readonly rejects?: (line: string) => boolean
  } = {},
): Promise<FakeApi> => {
  const received: ReceivedBody[] = []
  const asked: string[] = []
  const commands: { path: string; body: unknown; idempotencyKey: string }[] = []
  const batches = new Map<string, { batchId: string; state: string; records: Counts }>()

  const keep = (request: IncomingMessage, url: URL, text: string) => {
    const idempotencyKey = String(request.headers['idempotency-key'] ?? createHash('sha256').update(text).digest('hex'))
    const lines = text.split('\n').filter((line) => line.trim() !== '')
    const known = batches.get(idempotencyKey)
    const rejected = lines.filter((line) => options.rejects?.(line) === true).length
    const fresh = { stored: lines.length - rejected, ignored: 0, duplicate: 0, rejected }
    // As the server does, it counts all that ever came under one id.
    const records =
      known === undefined ? fresh : { ...known.records, duplicate: known.records.duplicate + lines.length }
    batches.set(idempotencyKey, { batchId: idempotencyKey, state: 'done', records })
    received.push({ query: url.searchParams, idempotencyKey, text })
    return { accepted: lines.length, batchId: idempotencyKey }
  }

  const post = async (request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const answer = options.answers?.[url.pathname]
    if (answer !== undefined) {
      const idempotencyKey = String(request.headers['idempotency-key'] ?? '')
      commands.push({
        path: url.pathname + url.search,
        body: JSON.parse(String(Buffer.concat(chunks))),
        idempotencyKey,
      })
      send(response, answer.status, answer.body)
      return
    }
    const refusal = options.refusals?.shift()
    if (refusal === 'reset') {
      request.socket.destroy()
      return
    }
    if (refusal === 'keepAndReset') {
      keep(request, url, Buffer.concat(chunks).toString('utf8'))
      request.socket.destroy()
      return
    }
    if (refusal !== undefined) {
      send(response, refusal.status, refusal.body, refusal.headers)
      return
    }
    const { accepted, batchId } = keep(request, url, Buffer.concat(chunks).toString('utf8'))
    send(response, 200, { accepted, batchId, position: `0:${received.length}` })
  }

  const get = (response: ServerResponse, url: URL): void => {
    asked.push(url.pathname + url.search)
    const batch = batches.get(url.pathname.replace('/api/v1/batches/', ''))
    const found = batch ?? options.lists?.[url.pathname]
    if (found !== undefined) send(response, 200, found)
    else
      send(response, 404, { code: 'AGT_NOT_FOUND', title: 'Not found', detail: `There is nothing at ${url.pathname}` })
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'POST') void post(request, response, url)
    else get(response, url)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    asked,
    commands,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const send = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}
