import { hash } from 'node:crypto'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../../src/errors.ts'
import { type Intake, recordBytesMax, recordKeptBytes, type Transport } from '../../src/ingest/transport.ts'
import { countRecords } from '../split-lines.ts'
import { type FilePosition, loadPosition, savePosition } from './file-position.ts'
import { findLineEnd, hashRange, readAt } from './read-file.ts'
import { rotatedFiles } from './rotated-files.ts'

export interface FileTransportOptions {
  readonly intake: Intake
  readonly path: string
  /** A format's name or `auto`. */
  readonly format: string
  /** `''` = the path. */
  readonly source: string
  readonly realm: string
  /** Where the position is kept, so that a restart goes on where it was. */
  readonly positionsDir: string
  /** How long a renamed file must be silent before the new one is read. */
  readonly rotatedQuietMs?: number
  readonly log?: { readonly warn: (fields: object, message: string) => void }
}

/**
 * A file is known by its first bytes: rotation uses names again, and file systems use inodes again. Enough of them to
 * reach what differs: Envoy's access lines have 300 equal bytes before the request id and the time.
 */
const headBytesMax = 1024
/** One append at most; also how much of a file is in memory. */
const chunkBytes = recordBytesMax
const pollMs = 250
const newline = 10
/** Writers close a renamed file within moments; a log shipper's usual grace is a few seconds. */
const rotatedQuietMsDefault = 5_000

/**
 * Follows one path. Lines become batches whose records are known by the file's fingerprint and their offset; the position
 * is saved after they are durable. Rotation by rename (the old file is read to its end first, then those that came between
 * it and the path's, also after a restart) or by copying and truncating, deletion and a missing file are ordinary. What is read twice after a crash is stored once.
 */
export const createFileTransport = (options: FileTransportOptions): Transport => new FileTail(options)

interface OpenFile {
  readonly handle: FileHandle
  readonly fingerprint: string
  readonly headBytes: number
  offset: number
}

class FileTail implements Transport {
  readonly name: string
  readonly #options: FileTransportOptions
  readonly #stopping = new AbortController()
  readonly #quietMs: number
  #file: OpenFile | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(options: FileTransportOptions) {
    this.name = `file:${options.path}`
    this.#quietMs = options.rotatedQuietMs ?? rotatedQuietMsDefault
    this.#options = options
  }

  async start(): Promise<void> {
    const saved = await loadPosition(this.#options.positionsDir, this.#options.path)
    if (saved !== null) this.#file = await this.#resume(saved)
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    await this.#close()
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    while (!signal.aborted) {
      const hasMore = await this.#step().catch((error: unknown) => this.#failed(error))
      if (!hasMore && !signal.aborted) await delay(pollMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** A full log is waited for; anything else is said, and tried again. Nothing was saved, so nothing is lost. */
  async #failed(error: unknown): Promise<boolean> {
    const isFull = error instanceof AgenttrailError && error.code === 'AGT_LOG_FULL'
    if (!isFull) this.#options.log?.warn({ path: this.#options.path, error: String(error) }, 'file will be read again')
    const { signal } = this.#stopping
    await delay(this.#options.intake.retryAfterSeconds * 1000, undefined, { signal }).catch(() => undefined)
    return false
  }

  /** Reads and appends what is new, at most one chunk. False when there was nothing. */
  async #step(): Promise<boolean> {
    this.#file ??= await this.#open(this.#options.path)
    const file = this.#file
    if (file === null) return false
    if (!(await isContinued(file))) {
      // Truncated in place: what stands there now is another file. What it was may go on in a copy.
      await this.#close()
      this.#file = await this.#resume(file)
      return true
    }
    const { size } = await file.handle.stat()
    const chunk = await readAt(file.handle, file.offset, Math.max(0, Math.min(chunkBytes, size - file.offset)))
    const end = chunk.lastIndexOf(newline) + 1
    if (end > 0) {
      await this.#append(file, chunk.subarray(0, end), end)
      return true
    }
    if (chunk.length >= chunkBytes) return this.#appendLong(file)
    if (!(await this.#isLeft(file))) return false
    // Nobody writes to it any more: what is left is its last line.
    if (chunk.length > 0) await this.#append(file, chunk, chunk.length)
    return this.#leave(file)
  }

  async #append(file: OpenFile, body: Buffer, bytes: number): Promise<void> {
    const records = countRecords(body)
    if (records > 0) await this.#options.intake.append({ ...this.#batchOf(file), records, body })
    await this.#advance(file, bytes)
  }

  /** A line that does not fit a chunk: its beginning, its length and its hash are all that is kept. */
  async #appendLong(file: OpenFile): Promise<boolean> {
    const { handle, offset } = file
    const line = await findLineEnd(handle, offset)
    if (!line.isWhole && !(await this.#isLeft(file))) return false
    const truncated = { bytes: line.bytes, sha256: await hashRange(handle, offset, line.bytes) }
    const body = await readAt(handle, offset, Math.min(recordKeptBytes, line.bytes))
    await this.#options.intake.append({ ...this.#batchOf(file), records: 1, body, truncated })
    await this.#advance(file, line.next - offset)
    return true
  }

  #batchOf(file: OpenFile) {
    const { format, path, realm, source } = this.#options
    return {
      realm,
      source: source === '' ? path : source,
      format,
      transport: 'file',
      identity: 'position',
      batchId: file.fingerprint,
      baseOffset: file.offset,
      isBackfill: false,
    } as const
  }

  async #advance(file: OpenFile, bytes: number): Promise<void> {
    file.offset += bytes
    const { fingerprint, headBytes, offset } = file
    await savePosition(this.#options.positionsDir, this.#options.path, { fingerprint, headBytes, offset })
  }

  /** The file of that name: where it was left if it is the one that was read last, else from its beginning. */
  async #open(path: string): Promise<OpenFile | null> {
    const { positionsDir } = this.#options
    const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (handle === null) return null
    const saved = await loadPosition(positionsDir, this.#options.path)
    if (saved !== null && (await isContinued({ handle, ...saved }))) return { handle, ...saved }
    const head = await readAt(handle, 0, headBytesMax)
    // A file that has not even one line yet cannot be told from the next one that begins so.
    if (head.length < headBytesMax && !head.includes(newline)) {
      await handle.close()
      return null
    }
    const position = { fingerprint: fingerprintOf(head), headBytes: head.length, offset: 0 }
    // Before the first append: after a crash the file may have grown, and its longer head would be another identity.
    await savePosition(positionsDir, this.#options.path, position)
    return { handle, ...position }
  }

  /** The file that was being read, at its path or under the name that rotation gave it; null if it is gone. */
  async #resume(saved: FilePosition): Promise<OpenFile | null> {
    const { path } = this.#options
    const { fingerprint, headBytes, offset } = saved
    for (const candidate of [path, ...(await rotatedFiles(path)).map((rotated) => rotated.path)]) {
      const handle = await open(candidate, 'r').catch(() => null)
      if (handle === null) continue
      const file = { handle, fingerprint, headBytes, offset }
      if (await isContinued(file)) return file
      await handle.close()
    }
    return null
  }

  /** Goes on with the file that rotation made next: while this one was read, there may have been more than one. */
  async #leave(file: OpenFile): Promise<true> {
    const { mtimeMs } = await file.handle.stat()
    await this.#close()
    for (const rotated of await rotatedFiles(this.#options.path)) {
      if (rotated.mtimeMs > mtimeMs) this.#file ??= await this.#open(rotated.path)
    }
    return true
  }

  /** Whether rotation has taken it away and its writer, who may have it open still, has been silent for a while. */
  async #isLeft(file: OpenFile): Promise<boolean> {
    if (!(await this.#isRotated(file))) return false
    const { mtimeMs } = await file.handle.stat()
    return Date.now() - mtimeMs >= this.#quietMs
  }

  async #isRotated(file: OpenFile): Promise<boolean> {
    const [mine, atPath] = await Promise.all([file.handle.stat(), stat(this.#options.path).catch(() => null)])
    return atPath === null || atPath.ino !== mine.ino || atPath.dev !== mine.dev
  }

  async #close(): Promise<void> {
    await this.#file?.handle.close()
    this.#file = null
  }
}

const fingerprintOf = (head: Buffer): string => hash('sha256', head, 'base64url')

const isStillItself = async (file: OpenFile): Promise<boolean> => {
  const head = await readAt(file.handle, 0, file.headBytes)
  return head.length === file.headBytes && fingerprintOf(head) === file.fingerprint
}

/** Whether it is the same file, and not shorter than what was read of it. */
const isContinued = async (file: OpenFile): Promise<boolean> =>
  (await file.handle.stat()).size >= file.offset && isStillItself(file)
