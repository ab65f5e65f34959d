import { stat } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../../src/errors.ts'
import { type Intake, recordBytesMax, recordKeptBytes, type Transport } from '../../src/ingest/transport.ts'
import { countRecords } from '../split-lines.ts'
import { type FilePosition, loadPosition, savePosition, spoolFile } from './file-position.ts'
import { findFollowed, resumeAt } from './find-followed.ts'
import { FollowedFile } from './followed-file.ts'
import { openLogFile } from './open-log-file.ts'
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

/** One append at most; also how much of a file is in memory. */
const chunkBytes = recordBytesMax
const pollMs = 250
const newline = 10
/** Writers close a renamed file within moments; a log shipper's usual grace is a few seconds. */
const rotatedQuietMsDefault = 5_000

/**
 * Follows one path. Lines become batches whose records are known by the file's fingerprint and their offset; the position
 * is saved after they are durable. Rotation by rename (the old file is read to its end first, compressed or not, then
 * those that came between it and the path's, also after a restart) or by copying and truncating, deletion and a missing
 * file are ordinary. What is read twice after a crash is stored once.
 */
export const createFileTransport = (options: FileTransportOptions): Transport => new FileTail(options)

class FileTail implements Transport {
  readonly name: string
  readonly #options: FileTransportOptions
  readonly #stopping = new AbortController()
  readonly #quietMs: number
  #file: FollowedFile | null = null
  /** Where reading was left off by a file that is yet to be found. */
  #left: FilePosition | null = null
  #running: Promise<void> = Promise.resolve()

  constructor(options: FileTransportOptions) {
    this.name = `file:${options.path}`
    this.#quietMs = options.rotatedQuietMs ?? rotatedQuietMsDefault
    this.#options = options
  }

  async start(): Promise<void> {
    this.#left = await loadPosition(this.#options.positionsDir, this.#options.path)
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
    const file = this.#file ?? (await this.#find())
    if (file === null || file === 'busy') return false
    this.#file = file
    if (!(await file.isContinued())) {
      // Truncated in place: what stands there now is another file. What it was may go on in a copy.
      this.#left = file.position()
      await this.#close()
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

  async #append(file: FollowedFile, body: Buffer, bytes: number): Promise<void> {
    const records = countRecords(body)
    if (records > 0) await this.#options.intake.append({ ...this.#batchOf(file), records, body })
    await this.#advance(file, body, bytes)
  }

  /** A line that does not fit a chunk: its beginning, its length and its hash are all that is kept. */
  async #appendLong(file: FollowedFile): Promise<boolean> {
    const { handle, offset } = file
    const line = await findLineEnd(handle, offset)
    if (!line.isWhole && !(await this.#isLeft(file))) return false
    const truncated = { bytes: line.bytes, sha256: await hashRange(handle, offset, line.bytes) }
    const body = await readAt(handle, offset, Math.min(recordKeptBytes, line.bytes))
    await this.#options.intake.append({ ...this.#batchOf(file), records: 1, body, truncated })
    await this.#advance(file, body, line.next - offset)
    return true
  }

  #batchOf(file: FollowedFile) {
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

  async #advance(file: FollowedFile, read: Buffer, bytes: number): Promise<void> {
    file.advance(read, bytes)
    await savePosition(this.#options.positionsDir, this.#options.path, file.position())
  }

  /** Where reading goes on: in the file that was left off, else in the one at the path. */
  async #find(): Promise<FollowedFile | 'busy' | null> {
    const { path, positionsDir } = this.#options
    const left = this.#left
    if (left !== null) {
      const found = await findFollowed(path, left, this.#opening())
      if (found === 'busy') return found
      this.#left = null
      if (found !== null) return found
    }
    const saved = await loadPosition(positionsDir, path)
    const found = saved === null ? null : await resumeAt(path, saved, this.#opening())
    return found ?? this.#begin(path, saved)
  }

  /** The file from its beginning; null if there is none, or none that can be told from the next one yet. */
  async #begin(path: string, previous: FilePosition | null): Promise<FollowedFile | 'busy' | null> {
    const handle = await openLogFile(path, this.#opening())
    if (handle === null || handle === 'busy') return handle
    const file = await FollowedFile.begin(handle, previous)
    if (file === null) await handle.close()
    // Before the first append: after a crash the file may have grown, and its longer head would be another identity.
    else await savePosition(this.#options.positionsDir, this.#options.path, file.position())
    return file
  }

  /** Goes on with the file that rotation made next: while this one was read, there may have been more than one. */
  async #leave(file: FollowedFile): Promise<boolean> {
    const { mtimeMs } = await file.handle.stat()
    const later = (await rotatedFiles(this.#options.path)).filter((rotated) => rotated.mtimeMs > mtimeMs)
    let next: FollowedFile | 'busy' | null = null
    for (const rotated of later) next ??= await this.#begin(rotated.path, file.position())
    if (next === 'busy') return false
    await this.#close()
    this.#file = next
    return true
  }

  #opening() {
    const { path, positionsDir } = this.#options
    return { spoolFile: spoolFile(positionsDir, path), quietMs: this.#quietMs }
  }

  /** Whether rotation has taken it away and its writer, who may have it open still, has been silent for a while. */
  async #isLeft(file: FollowedFile): Promise<boolean> {
    if (!(await this.#isRotated(file))) return false
    const { mtimeMs } = await file.handle.stat()
    return Date.now() - mtimeMs >= this.#quietMs
  }

  async #isRotated(file: FollowedFile): Promise<boolean> {
    const [mine, atPath] = await Promise.all([file.handle.stat(), stat(this.#options.path).catch(() => null)])
    return atPath === null || atPath.ino !== mine.ino || atPath.dev !== mine.dev
  }

  async #close(): Promise<void> {
    await this.#file?.handle.close()
    this.#file = null
  }
}
