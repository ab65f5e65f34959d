import { PassThrough } from 'node:stream'
import type { PipelineStatus } from './read-model.ts'

export interface LiveDeps {
  readonly status: () => PipelineStatus
  readonly everyMs?: number
  readonly clientsMax?: number
}

type View = (status: PipelineStatus) => PipelineStatus

const messageOf = (status: PipelineStatus): string => `event: status\ndata: ${JSON.stringify(status)}\n\n`

/** Pushes the pipeline's status to every open page as server-sent events. One timer serves all; none runs for nobody. */
export class LiveFeed {
  readonly #deps: Required<LiveDeps>
  /** Each with what it may see of the status. */
  readonly #clients = new Map<PassThrough, View>()
  #timer: NodeJS.Timeout | null = null

  constructor(deps: LiveDeps) {
    this.#deps = { everyMs: 1000, clientsMax: 200, ...deps }
  }

  /** A stream for one client, or null while there are too many. */
  open(view: View = (status) => status): PassThrough | null {
    if (this.#clients.size >= this.#deps.clientsMax) return null
    const client = new PassThrough()
    this.#clients.set(client, view)
    client.on('close', () => this.#forget(client))
    client.on('error', () => this.#forget(client))
    client.write(`retry: 2000\n\n${messageOf(view(this.#deps.status()))}`)
    this.#timer ??= setInterval(() => this.#push(), this.#deps.everyMs).unref()
    return client
  }

  /** Ends every stream, so that a server can close. */
  close(): void {
    for (const client of this.#clients.keys()) client.end()
    this.#clients.clear()
    this.#stopTimer()
  }

  #push(): void {
    const status = this.#deps.status()
    for (const [client, view] of this.#clients) {
      // A client that does not read misses messages; each one is whole, so it loses nothing but time.
      if (!client.writableNeedDrain) client.write(messageOf(view(status)))
    }
  }

  #forget(client: PassThrough): void {
    this.#clients.delete(client)
    if (this.#clients.size === 0) this.#stopTimer()
  }

  #stopTimer(): void {
    if (this.#timer !== null) clearInterval(this.#timer)
    this.#timer = null
  }
}
