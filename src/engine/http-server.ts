import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { BiScope } from './bi-port-check.ts'
import { helloBlock, isHello } from './bi-port-hello.ts'
import type { BiRead } from './bi-port-read.ts'
import type { Answer, RunStatement, Summary } from './run-statement.ts'
import { parseStatement } from './statement.ts'

/** A segment is a tenth of this. */
const bodyBytesMax = 512 << 20

/** Parameters of a query come in the URL; a ClickHouse server takes as much. */
const urlBytesMax = 1 << 20

/** Where readers' queries arrive, with what they may see as JSON in the header `scopeHeader`. */
export const readersPath = '/readers'
export const scopeHeader = 'x-agenttrail-scope'

export interface EngineServerDeps {
  /** For ourselves. */
  readonly run: RunStatement
  /** For readers who come over the ClickHouse port. */
  readonly read: BiRead
  readonly version: string
}

/** ClickHouse's HTTP interface, as far as `@clickhouse/client` and readers' clients use it. */
export const createEngineServer = (deps: EngineServerDeps): Server => {
  const server = createServer({ maxHeaderSize: urlBytesMax }, (request, response) => {
    answer(deps, request, response).catch((error: unknown) => fail(response, error))
  })
  // Requests come from our own process only, and an insert may take its time.
  server.requestTimeout = 0
  server.keepAliveTimeout = 60_000
  return server
}

const answer = async (deps: EngineServerDeps, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://engine')
  if (url.pathname === '/ping') {
    response.end('Ok.\n')
    return
  }
  const body = await readBody(request)
  if (body === null) {
    response.writeHead(413).end(`A body holds at most ${bodyBytesMax} bytes.\n`)
    return
  }
  const statement = parseStatement(url.searchParams, body)
  if (url.pathname !== readersPath) await deps.run(statement, responseAnswer(url, response))
  else if (isHello(statement.sql, url.searchParams.get('client_protocol_version') ?? '')) {
    response.setHeader('X-ClickHouse-Format', 'Native').write(helloBlock(deps.version))
  } else {
    const scope = JSON.parse(String(request.headers[scopeHeader])) as BiScope
    await deps.read(statement, scope, responseAnswer(url, response))
  }
  response.end()
}

const responseAnswer = (url: URL, response: ServerResponse): Answer => {
  const began = process.hrtime.bigint()
  response.setHeader('X-ClickHouse-Query-Id', url.searchParams.get('query_id') ?? '')
  return {
    format: (name) => response.setHeader('X-ClickHouse-Format', name),
    summary: (summary) =>
      response.setHeader('X-ClickHouse-Summary', summaryText(summary, process.hrtime.bigint() - began)),
    write: async (chunk) => {
      if (response.destroyed) throw new Error('the client has gone')
      if (chunk.length === 0 || response.write(chunk)) return
      await new Promise<void>((resolve) => {
        const done = (): void => {
          response.off('drain', done).off('close', done)
          resolve()
        }
        response.on('drain', done).on('close', done)
      })
    },
  }
}

const summaryText = (summary: Summary, elapsedNs: bigint): string =>
  JSON.stringify({
    read_rows: String(summary.readRows),
    read_bytes: String(summary.readBytes),
    written_rows: String(summary.writtenRows),
    written_bytes: '0',
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: '0',
    elapsed_ns: String(elapsedNs),
  })

/** Null if it is too large. */
const readBody = async (request: IncomingMessage): Promise<Buffer | null> => {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bodyBytesMax) return null
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

const fail = (response: ServerResponse, error: unknown): void => {
  const text = error instanceof Error ? error.message : String(error)
  // After the first bytes no status can tell; a cut connection does.
  if (response.headersSent) {
    response.destroy()
    return
  }
  const code = Number(/Code: (\d+)\./.exec(text)?.[1] ?? 1001)
  response.writeHead(statusOf(code), { 'X-ClickHouse-Exception-Code': String(code) }).end(`${text.trim()}\n`)
}

/** The statuses that a ClickHouse server uses. */
const statusOf = (code: number): number => {
  // Unknown table, unknown database.
  if (code === 60 || code === 81) return 404
  // Not enough privileges, readonly, a setting that may not be set.
  if (code === 497 || code === 164 || code === 452) return 403
  // Syntax error, unknown identifier, setting, function, type mismatch, cannot parse.
  if ([62, 47, 115, 46, 53, 36, 27, 26, 456, 457].includes(code)) return 400
  return 500
}
