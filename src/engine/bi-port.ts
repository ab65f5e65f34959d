import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip, gunzipSync } from 'node:zlib'
import type { BiScope } from './bi-port-check.ts'
import { readersPath, scopeHeader } from './http-server.ts'

/** Who asks, and what they may see. */
export interface BiReader {
  readonly name: string
  readonly scope: BiScope
}

/** A request as far as it tells who sent it. */
export interface BiCaller {
  readonly headers: IncomingMessage['headers']
  /** What the client gave as password, in whichever way; `''` if it gave none. */
  readonly password: string
}

export interface BiPortDeps {
  readonly address: { readonly host: string; readonly port: number }
  /** Of the engine. */
  readonly socketPath: string
  /** Null if nobody is known by this. Rejects, with a text for the caller, what must not be answered at all. */
  readonly identify: (caller: BiCaller) => Promise<BiReader | null>
  /** Called before a query is answered; a rejection means that it is not. */
  readonly record: (reader: BiReader, sql: string) => Promise<void>
}

/** ClickHouse's HTTP interface for readers: Grafana, BI, ClickHouse clients. */
export interface BiPort {
  /** `http://host:port`. */
  readonly url: string
  readonly stop: () => Promise<void>
}

const bodyBytesMax = 1 << 20
const urlBytesMax = 1 << 20
const inFlightMax = 100
/** A query may run for 30 seconds and wait for as long. */
const engineTimeoutMs = 90_000

/** Rejects if the address cannot be listened on. */
export const startBiPort = async (deps: BiPortDeps): Promise<BiPort> => {
  let inFlight = 0
  const server = createServer({ maxHeaderSize: urlBytesMax }, (request, response) => {
    inFlight += 1
    response.on('close', () => {
      inFlight -= 1
    })
    const answered = inFlight > inFlightMax ? Promise.reject(busy()) : answer(deps, request, response)
    answered.catch((error: unknown) => refuse(response, error))
  })
  server.requestTimeout = 30_000
  server.keepAliveTimeout = 10_000
  server.listen(deps.address.port, deps.address.host)
  await once(server, 'listening')
  return { url: urlOf(server, deps.address.host), stop: () => stopped(server) }
}

const urlOf = (server: Server, host: string): string => {
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

const stopped = async (server: Server): Promise<void> => {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}

/** An error in ClickHouse's words, so that its clients show it. */
class Refusal extends Error {
  readonly code: number
  readonly status: number

  constructor(code: number, status: number, text: string, options: ErrorOptions = {}) {
    super(`Code: ${code}. DB::Exception: ${text}`, options)
    this.code = code
    this.status = status
  }
}

const busy = (): Refusal => new Refusal(202, 503, 'Too many queries at once. (TOO_MANY_SIMULTANEOUS_QUERIES)')

const answer = async (deps: BiPortDeps, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  response.setHeader('X-ClickHouse-Server-Display-Name', 'agenttrail').setHeader('X-ClickHouse-Timezone', 'UTC')
  // What is answered came from logs; a browser must not take it for a page.
  response.setHeader('X-Content-Type-Options', 'nosniff').setHeader('Content-Type', 'text/plain; charset=utf-8')
  const url = new URL(request.url ?? '/', 'http://engine')
  if (
    url.pathname === '/ping' ||
    (url.pathname === '/' && request.method === 'GET' && !url.searchParams.has('query'))
  ) {
    response.end('Ok.\n')
    return
  }
  if (url.pathname !== '/' || (request.method !== 'GET' && request.method !== 'POST')) {
    throw new Refusal(48, 404, 'Queries go to / by GET or POST. (NOT_IMPLEMENTED)')
  }
  const password = passwordOf(request, url)
  const reader = await deps.identify({ headers: request.headers, password })
  if (reader === null) {
    response.setHeader('WWW-Authenticate', 'Basic realm="agenttrail"')
    throw new Refusal(
      516,
      401,
      'Give a token of this server as the password; the user may be any. (AUTHENTICATION_FAILED)',
    )
  }
  if (isOn(url, 'compress') || isOn(url, 'decompress')) {
    throw new Refusal(
      48,
      400,
      "ClickHouse's own block compression is not spoken here; use gzip or none. (NOT_IMPLEMENTED)",
    )
  }
  const body = await readBody(request)
  await deps.record(reader, [url.searchParams.get('query') ?? '', body.toString('utf8')].filter(Boolean).join('\n'))
  for (const name of ['user', 'password']) url.searchParams.delete(name)
  await forward(deps, { reader, url, body, acceptsGzip: acceptsGzip(request, url) }, response)
}

const isOn = (url: URL, name: string): boolean => url.searchParams.has(name) && url.searchParams.get(name) !== '0'

const acceptsGzip = (request: IncomingMessage, url: URL): boolean =>
  isOn(url, 'enable_http_compression') && /\bgzip\b/i.test(String(request.headers['accept-encoding'] ?? ''))

/** The ways in which ClickHouse takes it. */
const passwordOf = (request: IncomingMessage, url: URL): string => {
  const key = request.headers['x-clickhouse-key']
  if (typeof key === 'string') return key
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ', 2)
  if (scheme.toLowerCase() === 'bearer') return value
  if (scheme.toLowerCase() === 'basic')
    return Buffer.from(value, 'base64')
      .toString('utf8')
      .replace(/^[^:]*:/, '')
  return url.searchParams.get('password') ?? ''
}

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    // Read to its end all the same, so that the client reads the answer; but not for ever.
    if (bytes <= bodyBytesMax) chunks.push(chunk)
    else if (bytes > bodyBytesMax * 16) throw tooLarge()
  }
  if (bytes > bodyBytesMax) throw tooLarge()
  const body = Buffer.concat(chunks)
  const encoding = request.headers['content-encoding'] ?? ''
  if (encoding === '' || encoding === 'identity') return body
  if (encoding !== 'gzip') throw new Refusal(48, 415, 'A body is plain or gzip. (NOT_IMPLEMENTED)')
  return unpacked(body)
}

const tooLarge = (): Refusal => new Refusal(62, 413, `A body holds at most ${bodyBytesMax} bytes. (SYNTAX_ERROR)`)

const unpacked = (body: Buffer): Buffer => {
  try {
    return gunzipSync(body, { maxOutputLength: bodyBytesMax })
  } catch (error) {
    throw notGzip(error)
  }
}

const notGzip = (cause: unknown): Refusal =>
  new Refusal(62, 400, 'The body is no gzip, or too large. (SYNTAX_ERROR)', { cause })

interface Query {
  readonly reader: BiReader
  readonly url: URL
  readonly body: Buffer
  readonly acceptsGzip: boolean
}

const forward = async (deps: BiPortDeps, query: Query, response: ServerResponse): Promise<void> => {
  const { reader, url, body } = query
  const toEngine = httpRequest({
    socketPath: deps.socketPath,
    method: 'POST',
    path: `${readersPath}?${url.searchParams}`,
    headers: { [scopeHeader]: JSON.stringify(reader.scope), 'content-length': body.length },
    timeout: engineTimeoutMs,
  })
  // A reader who goes away ends the query.
  response.on('close', () => toEngine.destroy())
  toEngine.on('timeout', () => toEngine.destroy(new Error('the store took too long')))
  toEngine.end(body)
  const [fromEngine] = (await once(toEngine, 'response').catch((error: unknown) => {
    throw new Refusal(210, 503, `The store does not answer: ${messageOf(error)} (NETWORK_ERROR)`, { cause: error })
  })) as [IncomingMessage]
  for (const [name, value] of Object.entries(fromEngine.headers)) {
    if (name.startsWith('x-clickhouse-') && value !== undefined) response.setHeader(name, value)
  }
  response.statusCode = fromEngine.statusCode ?? 500
  if (!query.acceptsGzip) {
    await pipeline(fromEngine, response)
    return
  }
  response.setHeader('Content-Encoding', 'gzip')
  await pipeline(fromEngine, createGzip({ level: constants.Z_BEST_SPEED }), response)
}

const refuse = (response: ServerResponse, error: unknown): void => {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const refusal = error instanceof Refusal ? error : new Refusal(497, 403, `${messageOf(error)} (ACCESS_DENIED)`)
  response.removeHeader('Content-Encoding')
  response
    .writeHead(refusal.status, { 'X-ClickHouse-Exception-Code': String(refusal.code) })
    .end(`${refusal.message}\n`)
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
