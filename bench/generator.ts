import { Agent, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { Load, LoadResult } from './generator-messages.ts'
import { createRecordTemplate, type RecordTemplate } from './record-template.ts'
import { createSessionTemplate } from './session-template.ts'

/** Runs in a process of its own, so that its CPU is told apart from the server's. */
class Generator {
  readonly #load: Load
  readonly #agent: Agent
  readonly #target: URL
  readonly #ackMs: number[] = []
  #accepted = 0
  #refused = 0
  #failed = 0
  #lastAckMs = 0
  #lastPosition = 0

  constructor(load: Load) {
    this.#load = load
    this.#agent = new Agent({ keepAlive: true, maxSockets: load.connections })
    this.#target = new URL('/v1/records?format=pomerium&source=bench', load.url)
  }

  async run(): Promise<LoadResult> {
    const firstPostMs = Date.now()
    await (this.#load.postsPerSecond === null ? this.#asFastAsTaken() : this.#steadily(this.#load.postsPerSecond))
    this.#agent.destroy()
    return {
      accepted: this.#accepted,
      posts: this.#ackMs.length,
      refused: this.#refused,
      failed: this.#failed,
      firstPostMs,
      lastAckMs: this.#lastAckMs,
      lastPosition: this.#lastPosition,
      ackMs: this.#ackMs.sort((a, b) => a - b),
    }
  }

  async #asFastAsTaken(): Promise<void> {
    const { connections, seconds, firstSerial, postsMax = Number.POSITIVE_INFINITY } = this.#load
    const endMs = performance.now() + seconds * 1_000
    // Serials of 2^20 posts a connection keep the connections' records apart.
    const templates = Array.from({ length: connections }, (_, index) => this.#template(firstSerial + index * 2 ** 20))
    await Promise.all(
      templates.map(async (template) => {
        for (let post = 0; post < postsMax && performance.now() < endMs; post += 1) {
          await this.#postUntilTaken(template.next(Date.now()), performance.now())
        }
      }),
    )
  }

  async #steadily(postsPerSecond: number): Promise<void> {
    const template = this.#template(this.#load.firstSerial)
    const beganMs = performance.now()
    const posts = Math.floor(this.#load.seconds * postsPerSecond)
    const answers: Promise<void>[] = []
    for (let post = 0; post < posts; post += 1) {
      const dueMs = beganMs + (post * 1_000) / postsPerSecond
      const earlyMs = dueMs - performance.now()
      if (earlyMs > 1) await delay(earlyMs)
      // Several are under way at once, so each has a body of its own.
      answers.push(this.#postUntilTaken(Buffer.from(template.next(Date.now())), dueMs))
    }
    await Promise.all(answers)
  }

  #template(firstSerial: number): RecordTemplate {
    const { lines, sessions } = this.#load
    return sessions === undefined
      ? createRecordTemplate({ lines, firstSerial })
      : createSessionTemplate({ lines, firstSerial, sessions })
  }

  async #postUntilTaken(body: Buffer, dueMs: number): Promise<void> {
    for (;;) {
      const answer = await this.#post(body)
      if (answer.status === 200) {
        this.#taken(answer.text, dueMs)
        return
      }
      if (answer.status === 429 || answer.status === 503) this.#refused += 1
      else this.#failed += 1
      await delay(Math.min(2_000, answer.retryAfterSeconds * 1_000))
    }
  }

  #taken(text: string, dueMs: number): void {
    const answer = JSON.parse(text) as { readonly accepted: number; readonly position?: string }
    this.#accepted += answer.accepted
    this.#lastPosition = Math.max(this.#lastPosition, Number(answer.position?.split(':')[1] ?? 0))
    this.#lastAckMs = Date.now()
    this.#ackMs.push(performance.now() - dueMs)
  }

  #post(body: Buffer): Promise<{ readonly status: number; readonly text: string; readonly retryAfterSeconds: number }> {
    return new Promise((resolve) => {
      const fail = (error: Error): void => resolve({ status: 0, text: error.message, retryAfterSeconds: 0.1 })
      const headers = { 'content-type': 'application/x-ndjson', 'content-length': body.length }
      const sent = request(this.#target, { method: 'POST', agent: this.#agent, headers }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString(),
            retryAfterSeconds: Number(response.headers['retry-after'] ?? 1),
          }),
        )
      })
      sent.on('error', fail)
      sent.end(body)
    })
  }
}

process.on('message', (load: Load) => {
  void new Generator(load).run().then((result) => process.send?.(result))
})
