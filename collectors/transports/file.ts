import { hash } from 'node:crypto'
import { type FileHandle, open, readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../../src/errors.ts'
import { type Intake, recordBytesMax, recordKeptBytes, type Transport } from '../../src/ingest/transport.ts'
import { countRecords } from '../split-lines.ts'
import { type FilePosition, loadPosition, savePosition } from './file-position.ts'
import { readAt, readLongLine } from './read-file.ts'

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

/** A file is known by its first bytes: rotation uses names again, and file systems use inodes again. */
const headBytesMax = 256
/** One append at most; also how much of a file is in memory. */
const chunkBytes = recordBytesMax
const pollMs = 250
const newline = 10
/** Writers close a renamed file within moments; a log shipper's usual grace is a few seconds. */
const rotatedQuietMsDefault = 5_000

/**
 * Follows one path. Lines become batches whose records are known by the file's fingerprint and their offset; the position
 * is saved after they are durable. Rotation by rename (the old file is read to its end first, also after a restart),
 * truncation, deletion and a missing file are ordinary. What is read twice after a crash is stored once.
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
    this.#file ??= await this.#openPath()
    const file = this.#file
    if (file === null) return false
    const { size } = await file.handle.stat()
    if (size < file.offset || !(await isStillItself(file))) {
      // Truncated in place: what stands there now is another file.
      await this.#close()
      return true
    }
    const chunk = await readAt(file.handle, file.offset, Math.min(chunkBytes, size - file.offset))
    const end = chunk.lastIndexOf(newline) + 1
    if (end > 0) {
      await this.#append(file, chunk.subarray(0, end), end)
      return true
    }
    if (chunk.length >= chunkBytes) return this.#appendLong(file)
    if (!(await this.#isLeft(file))) return false
    // Nobody writes to it any more: what is left is its last line.
    if (chunk.length > 0) await this.#append(file, chunk, chunk.length)
    await this.#close()
    return true
  }

  async #append(file: OpenFile, body: Buffer, bytes: number): Promise<void> {
    const records = countRecords(body)
    if (records > 0) await this.#options.intake.append({ ...this.#batchOf(file), records, body })
    await this.#advance(file, bytes)
  }

  /** A line that does not fit a chunk: its beginning, its length and its hash are all that is kept. */
  async #appendLong(file: OpenFile): Promise<boolean> {
    const line = await readLongLine(file.handle, file.offset, recordKeptBytes)
    if (line === null && !(await this.#isRotated(file))) return false
    if (line === null) return this.#close().then(() => true)
    const truncated = { bytes: line.bytes, sha256: line.sha256 }
    await this.#options.intake.append({ ...this.#batchOf(file), records: 1, body: line.kept, truncated })
    await this.#advance(file, line.bytes + 1)
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

  /** The file that is at the path now, from its beginning. */
  async #openPath(): Promise<OpenFile | null> {
    const handle = await open(this.#options.path, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    if (handle === null) return null
    const head = await readAt(handle, 0, headBytesMax)
    // A file that has not even one line yet cannot be told from the next one that begins so.
    if (head.length < headBytesMax && !head.includes(newline)) {
      await handle.close()
      return null
    }
    return { handle, fingerprint: fingerprintOf(head), headBytes: head.length, offset: 0 }
  }

  /** The file that was being read, at its path or under the name that rotation gave it; null if it is gone. */
  async #resume(saved: FilePosition): Promise<OpenFile | null> {
    const { path } = this.#options
    const siblings = await readdir(dirname(path)).catch(() => [])
    const rotated = siblings.filter((name) => name !== basename(path) && name.startsWith(basename(path)))
    for (const candidate of [path, ...rotated.map((name) => join(dirname(path), name))]) {
      const handle = await open(candidate, 'r').catch(() => null)
      if (handle === null) continue
      const file = { handle, ...saved }
      if (await isStillItself(file)) return file
      await handle.close()
    }
    return null
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
