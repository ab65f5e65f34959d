import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import { startEngine } from '../src/engine/supervisor.ts'

export interface EngineFrontOptions {
  readonly dataDir: string
  /** On 127.0.0.1. */
  readonly port: number
  readonly user: string
  readonly password: string
}

/** The embedded engine as a ClickHouse server: its HTTP interface on loopback, for one user with a password. */
export const startEngineFront = async (
  options: EngineFrontOptions,
): Promise<{ readonly stop: () => Promise<void> }> => {
  const engine = startEngine({ dataDir: options.dataDir, env: process.env })
  await engine.ready
  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url ?? '/', 'http://engine')
    if (url.pathname !== '/ping' && !isKnown(incoming, url, options)) {
      const text = `Code: 516. DB::Exception: ${options.user}: Authentication failed. (AUTHENTICATION_FAILED)\n`
      outgoing.writeHead(403, { 'X-ClickHouse-Exception-Code': '516' }).end(text)
      return
    }
    const { method, headers } = incoming
    const target = { socketPath: engine.socketPath, path: incoming.url, method, headers }
    const onward = request(target, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(outgoing)
    })
    // Whoever asked is told by the connection that the outcome is not known.
    onward.on('error', () => outgoing.destroy())
    outgoing.on('close', () => onward.destroy())
    incoming.pipe(onward)
  })
  server.requestTimeout = 0
  await listening(server, options.port)
  return {
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await engine.stop()
    },
  }
}

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))

/** By header, basic authentication or parameters, as a ClickHouse server takes them. */
const isKnown = ({ headers }: IncomingMessage, url: URL, { user, password }: EngineFrontOptions): boolean => {
  const basic = /^Basic (.+)$/.exec(headers.authorization ?? '')?.[1]
  const [basicUser, ...basicPassword] = Buffer.from(basic ?? '', 'base64')
    .toString()
    .split(':')
  const given = {
    user: headers['x-clickhouse-user'] ?? (basic === undefined ? url.searchParams.get('user') : basicUser),
    password:
      headers['x-clickhouse-key'] ?? (basic === undefined ? url.searchParams.get('password') : basicPassword.join(':')),
  }
  return given.user === user && isSame(String(given.password), password)
}

const isSame = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}
