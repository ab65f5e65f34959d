import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createFileTransport } from '../../collectors/transports/file.ts'
import { AgenttrailError } from '../../src/errors.ts'
import type { RecordBatch, Transport } from '../../src/ingest/transport.ts'

/** A file in a directory of its own, and whoever follows it into a log that a test can disturb. */
export class Tail {
  readonly dir: string
  readonly path: string
  readonly batches: RecordBatch[] = []
  /** How many of the next appends find the log full. */
  failures = 0
  /** Whether the log keeps a batch and the tail never learns of it, as if it was killed. */
  isAnswerLost = false
  readonly #running: Transport[] = []

  constructor(dir: string) {
    this.dir = dir
    this.path = join(dir, 'pomerium.log')
  }

  async follow(): Promise<Transport> {
    const transport = createFileTransport({
      intake: { append: (batch) => this.#append(batch), hasRoom: () => true, retryAfterSeconds: 0.05 },
      path: this.path,
      format: 'auto',
      source: '',
      realm: 'default',
      positionsDir: this.dir,
      rotatedQuietMs: 300,
    })
    this.#running.push(transport)
    await transport.start()
    return transport
  }

  /** Lines by identity: the same position twice is one line. */
  lines(): string[] {
    const found = new Map<string, string>()
    for (const batch of this.batches) {
      let offset = batch.baseOffset
      for (const line of Buffer.from(batch.body).toString().split('\n')) {
        if (line !== '') found.set(`${batch.batchId}:${offset}`, line)
        offset += Buffer.byteLength(line) + 1
      }
    }
    return [...found.values()]
  }

  async close(): Promise<void> {
    for (const transport of this.#running.splice(0)) await transport.stop()
    await rm(this.dir, { recursive: true, force: true })
  }

  async #append(batch: RecordBatch) {
    if (this.failures > 0) {
      this.failures -= 1
      throw new AgenttrailError('AGT_LOG_FULL', 'full')
    }
    this.batches.push({ ...batch, body: Buffer.from(batch.body) })
    if (this.isAnswerLost) throw new Error('killed')
    return { partition: 0, offset: this.batches.length }
  }
}

export const openTail = async (): Promise<Tail> => new Tail(await mkdtemp(join(tmpdir(), 'agenttrail-tail-')))

export const until = async (done: () => boolean): Promise<void> => {
  for (let waited = 0; !done() && waited < 8000; waited += 20) await delay(20)
}

export const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from }, (_, at) => `{"line":${from + at},"text":"täxt"}\n`).join('')

/** The lines of `numbered`. */
export const names = (from: number, to: number): string[] => numbered(from, to).trimEnd().split('\n')
