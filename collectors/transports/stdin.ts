import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../../src/errors.ts'
import type { Intake, RecordBatch, Transport } from '../../src/ingest/transport.ts'
import { LineCutter, type Piece } from './line-cutter.ts'

export interface StdinTransportOptions {
  readonly intake: Intake
  readonly stream: Readable
  /** A format's name or `auto`. */
  readonly format: string
  /** `''` = `stdin`. */
  readonly source: string
  readonly realm: string
  readonly log?: {
    readonly info: (fields: object, message: string) => void
    readonly warn: (fields: object, message: string) => void
  }
}

/** Lines that are complete wait at most this long for more. */
const flushMs = 250

/**
 * Reads standard input to its end, and nothing while an append is under way: a full log slows the writer down. A stream
 * cannot be read again, so its identity is one of this start: the same lines piped in twice are two sets of records,
 * unless their vendor gave them ids. At the end of the input the server goes on.
 */
export const createStdinTransport = (options: StdinTransportOptions): Transport => new StdinReader(options)

class StdinReader implements Transport {
  readonly name = 'stdin'
  readonly #options: StdinTransportOptions
  readonly #streamId = randomUUID()
  readonly #stopping = new AbortController()
  readonly #cutter = new LineCutter()
  #batches = 0
  #hasEnded = false
  #flushTimer: NodeJS.Timeout | undefined
  /** One thing after the other: what is here is appended before more is read. */
  #tail: Promise<void> = Promise.resolve()

  constructor(options: StdinTransportOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { stream, log } = this.#options
    stream.on('data', (chunk: Buffer | string) => this.#read(Buffer.from(chunk)))
    stream.once('error', (error) => log?.warn({ error: String(error) }, 'standard input broke off'))
    stream.once('close', () => this.#ended())
    stream.once('end', () => this.#ended())
  }

  /** What was read is appended; what was not stays with the writer, who is told by the closed pipe. */
  async stop(): Promise<void> {
    clearTimeout(this.#flushTimer)
    this.#options.stream.pause()
    this.#stopping.abort()
    this.#then(() => this.#cutter.rest())
    await this.#tail
    this.#options.stream.destroy()
  }

  #read(chunk: Buffer): void {
    const { stream } = this.#options
    stream.pause()
    this.#then(() => this.#cutter.add(chunk))
    this.#tail = this.#tail.then(() => {
      if (this.#stopping.signal.aborted) return
      stream.resume()
      this.#flushTimer ??= setTimeout(() => this.#flush(), flushMs)
    })
  }

  #flush(): void {
    this.#flushTimer = undefined
    this.#then(() => this.#cutter.wholeLines())
  }

  #ended(): void {
    if (this.#stopping.signal.aborted || this.#hasEnded) return
    this.#hasEnded = true
    this.#then(() => this.#cutter.rest())
    this.#tail = this.#tail.then(() => {
      this.#options.log?.info({ batches: this.#batches }, 'standard input has ended; the server goes on')
    })
  }

  #then(pieces: () => readonly Piece[]): void {
    this.#tail = this.#tail.then(() => this.#appendAll(pieces()))
  }

  async #appendAll(pieces: readonly Piece[]): Promise<void> {
    for (const piece of pieces) {
      this.#batches += 1
      await this.#append(piece, `${this.#streamId}:${this.#batches}`)
    }
  }

  /** Until the log has taken it. While the server stops nobody makes room any more, so the last try is the last. */
  async #append(piece: Piece, batchId: string): Promise<void> {
    const { intake, log } = this.#options
    const { signal } = this.#stopping
    for (;;) {
      try {
        await intake.append(this.#batchOf(piece, batchId))
        return
      } catch (error) {
        const isFull = error instanceof AgenttrailError && error.code === 'AGT_LOG_FULL'
        if (signal.aborted) {
          log?.warn({ records: piece.records, error: String(error) }, 'records of standard input were not taken')
          return
        }
        if (!isFull) log?.warn({ error: String(error) }, 'records of standard input will be appended again')
      }
      await delay(intake.retryAfterSeconds * 1000, undefined, { signal }).catch(() => undefined)
    }
  }

  #batchOf(piece: Piece, batchId: string): RecordBatch {
    const { source, realm, format } = this.#options
    return {
      realm,
      source: source === '' ? 'stdin' : source,
      format,
      transport: 'stdin',
      identity: 'batch',
      batchId,
      baseOffset: 0,
      isBackfill: false,
      ...piece,
    }
  }
}
