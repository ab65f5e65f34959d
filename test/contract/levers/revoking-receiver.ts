import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something behind HTTP that denies whom it is told to; `revoke` says 200, or why not. */
export const startRevokingReceiver = async (revoke: (text: string, headers: IncomingHttpHeaders) => number) => {
  let server: Server
  const listen = async (port: number): Promise<number> => {
    server = createServer(async (request, response) => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      response.statusCode = revoke(Buffer.concat(parts).toString(), request.headers)
      response.end()
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
  }
  const port = await listen(0)
  return { url: `http://127.0.0.1:${port}/revoke`, goAway: stop, comeBack: async () => void (await listen(port)), stop }
}
