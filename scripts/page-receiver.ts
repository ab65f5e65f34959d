import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface PageMessage {
  readonly type: string
  readonly data: { readonly dedupKey: string }
}

export interface PageReceiver {
  readonly url: string
  /** Requests that brought nothing new: their id was known. */
  readonly repeats: () => number
  /** What messages of an incident did, each id once, in order. */
  readonly of: (incidentId: string) => readonly string[]
  /** Called once, before a request of this type is answered. */
  readonly before: (type: string, act: () => void) => void
  readonly close: () => void
}

/** Somebody who is paged by Standard Webhooks and does for each id what it says once. */
export const startPageReceiver = async (atPort = 0): Promise<PageReceiver> => {
  const seen = new Set<string>()
  const done = new Map<string, string[]>()
  let repeats = 0
  let trap: { readonly type: string; readonly act: () => void } | null = null
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { type, data } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as PageMessage
    const id = String(request.headers['webhook-id'])
    if (seen.has(id)) repeats += 1
    else done.set(data.dedupKey, [...(done.get(data.dedupKey) ?? []), type])
    seen.add(id)
    if (trap?.type === type) {
      const { act } = trap
      trap = null
      act()
      return
    }
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => {
    server.listen(atPort, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    repeats: () => repeats,
    of: (incidentId) => done.get(incidentId) ?? [],
    before: (type, act) => {
      trap = { type, act }
    },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
