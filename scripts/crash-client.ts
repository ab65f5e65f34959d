import { setTimeout as delay } from 'node:timers/promises'

export const recordsPerBatch = 40
const requestTimeoutMs = 5_000
/** Of the posts that failed this share is not sent again: such a batch may be stored or not, but never in part. */
const abandonShare = 0.2

/** Posts batches with known ids, one after the other on several connections, and remembers what was acknowledged. */
export class CrashClient {
  readonly acknowledged = new Set<number>()
  /** Batches of which the client never heard that they are durable. */
  readonly abandoned = new Set<number>()
  longestAckGapMs = 0

  readonly #url: string
  readonly #pauseMs: number
  #next = 0
  #isStopping = false
  #running: readonly Promise<void>[] = []
  #lastAckMs = 0

  constructor(options: { readonly url: string; readonly pauseMs: number }) {
    this.#url = options.url
    this.#pauseMs = options.pauseMs
  }

  start(connections: number): void {
    this.#lastAckMs = performance.now()
    this.#running = Array.from({ length: connections }, () => this.#run())
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await Promise.all(this.#running)
  }

  async #run(): Promise<void> {
    while (!this.#isStopping) {
      const batch = this.#next
      this.#next += 1
      await this.#deliver(batch)
      await delay(this.#pauseMs)
    }
  }

  async #deliver(batch: number): Promise<void> {
    for (;;) {
      if (await this.#post(batch)) {
        this.acknowledged.add(batch)
        const nowMs = performance.now()
        this.longestAckGapMs = Math.max(this.longestAckGapMs, nowMs - this.#lastAckMs)
        this.#lastAckMs = nowMs
        return
      }
      if (Math.random() < abandonShare) {
        this.abandoned.add(batch)
        return
      }
      await delay(100)
    }
  }

  async #post(batch: number): Promise<boolean> {
    try {
      const response = await fetch(`${this.#url}/v1/records?format=pomerium&source=crash`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson', 'idempotency-key': `crash-${batch}` },
        body: bodyOf(batch),
        signal: AbortSignal.timeout(requestTimeoutMs),
      })
      await response.text()
      return response.ok
    } catch {
      // Cut off, refused or timed out: whether it was kept is not known.
      return false
    }
  }
}

/** The first eight digits of a request id are the batch, the next four the record. */
const bodyOf = (batch: number): string =>
  Array.from({ length: recordsPerBatch }, (_, record) => `${lineOf(batch, record)}\n`).join('')

const lineOf = (batch: number, record: number): string => {
  const requestId = `${hex(batch, 8)}-${hex(record, 4)}-4b1d-9c3e-5a7f20c4d1e6`
  const agent = batch % 20
  const isDenied = record % 4 === 0
  return JSON.stringify({
    level: 'info',
    'server-name': 'all',
    service: 'authorize',
    'request-id': requestId,
    'check-request-id': requestId,
    method: 'POST',
    path: '/mcp',
    host: 'github-mcp.acme.test',
    ip: '198.51.100.7',
    'session-id': `1b3a2dcb-17a1-4711-b00c-${hex(agent, 12)}`,
    user: `idp|${hex(agent, 20)}`,
    email: `person${agent}@acme.test`,
    'envoy-route-id': '3799620ab5d291d9',
    'route-id': '',
    'mcp-method': 'tools/call',
    'mcp-tool': isDenied ? 'delete_repository' : 'list_issues',
    'mcp-tool-parameters': { owner: 'acme', repo: 'billing' },
    headers: { 'User-Agent': 'crash-drill/1.0' },
    allow: true,
    'allow-why-true': ['domain-ok'],
    deny: isDenied,
    ...(isDenied ? { 'deny-why-true': ['mcp-tool-match'] } : { 'deny-why-false': ['mcp-tool-no-match'] }),
    time: `${new Date().toISOString().slice(0, 19)}Z`,
    message: 'authorize check',
  })
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')
