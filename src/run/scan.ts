import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDecodeBatch } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { Analyser, codeVersion } from '../analyse/analyser.ts'
import type { OutcomeCounts } from '../analyse/seen.ts'
import type { CallShape, FindingShape, Page, PageRequest, SessionShape } from '../api/read-model.ts'
import { startEngine } from '../engine/supervisor.ts'
import { createSealToken } from '../event/seal.ts'
import type { Activation } from '../log/entry.ts'
import { createStoreClient } from '../store/client.ts'
import { migrate } from '../store/migrate.ts'
import { createReadModel } from '../store/readers/read-model.ts'
import { createSegmentSink, type SegmentSink } from '../store/segments.ts'
import { createStoreWriter, type StoreWriter } from '../store/writer.ts'
import { loadKeys } from './keys.ts'
import { loadCheckedRuleFiles } from './load-rules.ts'

const chunkBytes = 1 << 20
const newline = 10
const markRecordsMax = 20_000
/** The input is all there is: nothing is late until its end. A hundred years is no bound. */
const unboundedMs = 100 * 365 * 24 * 3600 * 1000
/** So far after the end that every window is over. */
const afterEndMs = 24 * 3600 * 1000
const pageLimit = 1000
const allTime = { from: '2000-01-01T00:00:00Z', to: '2101-01-01T00:00:00Z' }

export interface ScanOptions {
  readonly files: readonly string[]
  /** A format's name or `auto`. */
  readonly format: string
  /** The directory of the rules; `''` = that of the settings. */
  readonly rulesDir: string
  readonly now: () => Date
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** Told as bytes of the input are read. */
  readonly onProgress?: (bytesRead: number) => void
}

export interface ScanResult {
  readonly records: OutcomeCounts
  readonly sessions: readonly SessionShape[]
  readonly calls: readonly CallShape[]
  readonly findings: readonly FindingShape[]
}

/** Analyses files without a server, in an engine and directory of its own that are gone when it ends. */
export const scanFiles = async (options: ScanOptions): Promise<ScanResult> => {
  const rules = loadCheckedRuleFiles(options.rulesDir || options.env['AGENTTRAIL_RULES_DIR'] || './rules')
  const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-scan-'))
  const engine = startEngine({ dataDir, env: options.env })
  const client = createStoreClient({ socketPath: engine.socketPath })
  try {
    await engine.ready
    await migrate(client)
    const writer = createStoreWriter({ client, segmentMode: 'path', stored: {} })
    const scan = new Scan({ dataDir, writer, options, rules })
    for (const file of options.files) await scan.file(file)
    await scan.finish()
    const readModel = createReadModel({ client, now: options.now, sessionIdleMs: scan.sessionIdleMs })
    return {
      records: scan.records(),
      sessions: await readAll((page) => readModel.sessions('default', allTime, page)),
      calls: await readAll((page) => readModel.calls('default', allTime, page)),
      findings: await readAll((page) => readModel.findings('default', allTime, page)),
    }
  } finally {
    await client.close()
    await engine.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

class Scan {
  readonly #analyser: Analyser
  readonly #sink: SegmentSink
  readonly #writer: StoreWriter
  readonly #options: ScanOptions
  readonly #startMs: number
  readonly #rules: Activation['rules']
  #firstPosition = 1
  #recordsSinceMark = 0

  constructor(deps: {
    readonly dataDir: string
    readonly writer: StoreWriter
    readonly options: ScanOptions
    readonly rules: Activation['rules']
  }) {
    const keys = loadKeys(deps.dataDir)
    this.#options = deps.options
    this.#writer = deps.writer
    this.#sink = createSegmentSink({ dir: join(deps.dataDir, 'segments'), epoch: 'scan' })
    this.#analyser = new Analyser({
      decode: createDecodeBatch({ formats, hashKey: keys.recordHash.key, sealToken: createSealToken(keys.token) }),
      sink: this.#sink,
      // Nothing is done about what is found: a scan has no dispatcher.
      onEffect: () => undefined,
    })
    this.#rules = deps.rules
    this.#startMs = deps.options.now().getTime()
    this.#apply({ kind: 'tick', timeMs: this.#startMs })
    this.#activate(unboundedMs)
  }

  get sessionIdleMs(): number {
    return this.#analyser.activation.sessionIdleMs
  }

  async file(path: string): Promise<void> {
    let rest = Buffer.alloc(0)
    let offset = 0
    let bytesRead = 0
    for await (const chunk of createReadStream(path, { highWaterMark: chunkBytes }) as AsyncIterable<Buffer>) {
      this.#options.signal.throwIfAborted()
      bytesRead += chunk.length
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      const end = bytes.lastIndexOf(newline) + 1
      if (end > 0) this.#batch(path, offset, bytes.subarray(0, end))
      offset += end
      rest = Buffer.from(bytes.subarray(end))
      this.#options.onProgress?.(bytesRead)
    }
    if (rest.length > 0) this.#batch(path, offset, rest)
  }

  /** The end of the input: everything becomes final and is stored. */
  async finish(): Promise<void> {
    this.#mark()
    this.#activate(0)
    for (let step = 1; step <= 3; step += 1) this.#apply({ kind: 'tick', timeMs: this.#startMs + step * afterEndMs })
    this.#mark()
    await this.#writer.drain()
    await this.#writer.stop()
  }

  records(): OutcomeCounts {
    const sum: OutcomeCounts = { stored: 0, ignored: 0, duplicate: 0, rejected: 0 }
    for (const counts of Object.values(this.#analyser.records)) {
      sum.stored += counts.stored
      sum.ignored += counts.ignored
      sum.duplicate += counts.duplicate
      sum.rejected += counts.rejected
    }
    return sum
  }

  #batch(path: string, baseOffset: number, body: Buffer): void {
    const records = countLines(body)
    this.#apply({
      kind: 'batch',
      realm: 'default',
      source: path,
      format: this.#options.format,
      transport: 'file',
      identity: 'position',
      batchId: path,
      baseOffset,
      firstOrdinal: 0,
      records,
      part: 0,
      parts: 1,
      isBackfill: false,
      receivedMs: this.#startMs,
      body,
    })
    this.#recordsSinceMark += records
    if (this.#recordsSinceMark >= markRecordsMax) this.#mark()
  }

  #activate(latenessMs: number): void {
    const content: Activation = {
      ...this.#analyser.activation,
      codeVersion,
      latenessMs,
      response: 'dry-run',
      rules: this.#rules,
    }
    this.#apply({ kind: 'activation', content })
  }

  #mark(): void {
    this.#apply({ kind: 'mark' })
    const position = this.#analyser.position
    this.#writer.enqueue(position, this.#sink.seal({ position, firstPosition: this.#firstPosition }))
    this.#firstPosition = position + 1
    this.#recordsSinceMark = 0
  }

  #apply(entry: Parameters<Analyser['apply']>[1]): void {
    this.#analyser.apply(this.#analyser.position + 1, entry)
  }
}

const countLines = (body: Buffer): number => {
  let lines = 0
  for (let at = body.indexOf(newline); at >= 0; at = body.indexOf(newline, at + 1)) lines += 1
  return body.at(-1) === newline ? lines : lines + 1
}

const readAll = async <T>(read: (page: PageRequest) => Promise<Page<T>>): Promise<T[]> => {
  const items: T[] = []
  for (let cursor: string | null = null; ; ) {
    const page: Page<T> = await read({ limit: pageLimit, cursor })
    items.push(...page.items)
    if (page.nextCursor === null) return items
    cursor = page.nextCursor
  }
}
