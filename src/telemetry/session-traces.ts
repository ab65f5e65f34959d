import type { tracing } from '@opentelemetry/sdk-node'
import type { SessionStory } from './session-spans.ts'

/** A session that has ended, or has changed after its end. */
export interface EndedSession {
  readonly realm: string
  readonly id: string
}

export interface SessionTracesDeps {
  /** What has ended or changed since it was asked last, oldest first; at most `limit`. What is left comes next time. */
  readonly endedSessions: (limit: number) => Promise<readonly EndedSession[]>
  /** null if it is gone meanwhile, joined into another. */
  readonly story: (session: EndedSession) => Promise<SessionStory | null>
  readonly spans: (story: SessionStory) => readonly tracing.ReadableSpan[]
  readonly exporter: Pick<tracing.SpanExporter, 'export' | 'shutdown'>
  readonly log: { readonly warn: (fields: object, message: string) => void }
  readonly everyMs: number
}

/** How many rounds a session is tried in; the exporter tries a few times in each. */
const triesMax = 5
/** What waits is bounded: an endpoint that is down for long costs the oldest sessions' traces, and nothing else. */
const waitingMax = 10_000
const perRoundMax = 200

interface Waiting extends EndedSession {
  tries: number
}

/**
 * Sends each session as a trace when it has ended, and again when late evidence, a triage or an action changes it: ids are
 * the same each time, so a second trace takes the place of the first. Runs beside everything else and holds nothing up.
 */
export class SessionTraces {
  readonly #deps: SessionTracesDeps
  #waiting: Waiting[] = []
  #dropped = 0
  #timer: NodeJS.Timeout | null = null
  #round: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(deps: SessionTracesDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#schedule()
  }

  /** Ends with the round that is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    await this.#round
    await this.#deps.exporter.shutdown()
  }

  /** One round: takes in what has ended, sends what waits. */
  async round(): Promise<void> {
    const { log } = this.#deps
    try {
      this.#take(await this.#deps.endedSessions(perRoundMax))
      await this.#sendAll()
    } catch (error) {
      log.warn({ err: error, waiting: this.#waiting.length }, 'session traces: the store cannot be read')
    }
    if (this.#dropped > 0) log.warn({ dropped: this.#dropped }, 'session traces dropped')
    this.#dropped = 0
  }

  #schedule(): void {
    if (this.#isStopped) return
    this.#timer = setTimeout(() => {
      this.#round = this.round().finally(() => this.#schedule())
    }, this.#deps.everyMs)
    this.#timer.unref()
  }

  #take(ended: readonly EndedSession[]): void {
    const waiting = new Set(this.#waiting.map(keyOf))
    for (const session of ended) {
      if (!waiting.has(keyOf(session))) this.#waiting.push({ ...session, tries: 0 })
    }
    this.#drop(this.#waiting.length - waitingMax)
  }

  async #sendAll(): Promise<void> {
    for (const session of this.#waiting.slice(0, perRoundMax)) {
      if (this.#isStopped) return
      const failure = await this.#send(session)
      if (failure === null) {
        this.#waiting = this.#waiting.filter((other) => other !== session)
        continue
      }
      session.tries += 1
      if (session.tries >= triesMax) this.#drop(1)
      this.#deps.log.warn({ err: failure, waiting: this.#waiting.length }, 'session traces cannot be sent')
      // One that is down would keep each of them waiting for its time-out.
      return
    }
  }

  /** null if it was sent, or there is nothing to send. */
  async #send(session: EndedSession): Promise<Error | null> {
    const story = await this.#deps.story(session)
    if (story === null) return null
    const spans = [...this.#deps.spans(story)]
    return new Promise((resolve) => {
      this.#deps.exporter.export(spans, ({ code, error }) => {
        // 0 is success.
        resolve(code === 0 ? null : (error ?? new Error('the endpoint refused them')))
      })
    })
  }

  #drop(count: number): void {
    if (count <= 0) return
    this.#waiting.splice(0, count)
    this.#dropped += count
  }
}

const keyOf = ({ realm, id }: EndedSession): string => `${realm}\u0000${id}`
