import { randomUUID } from 'node:crypto'
import { statfsSync } from 'node:fs'
import { AgenttrailError } from '../errors.ts'
import { encodeEntry } from './codec.ts'
import type { LogEntry } from './entry.ts'
import { GroupCommit, type PendingAppend } from './group-commit.ts'
import { lockDir } from './lock-dir.ts'
import type { Log, LogReader, LogSpace, PositionedEntry } from './log.ts'
import {
  assertLogFiles,
  filesVersion,
  firstPosition,
  type LogFiles,
  lastPosition,
  messageOf,
  openLogFiles,
  prepareLogDir,
  readMeta,
  rethrowCause,
  unusable,
  usedBytes,
} from './log-files.ts'
import { isRefusedForSpace, refusedForSpace } from './log-room.ts'
import { readEntries } from './read-entries.ts'

export interface LmdbLogOptions {
  /** A directory of the log's own; made if it is missing. */
  readonly dir: string
  readonly bytesMax?: number
  /** How long to wait for another process to let go of the directory. */
  readonly lockWaitMs?: number
}

const bytesMaxDefault = 2 * 1024 ** 3
const lockWaitMsDefault = 10_000
/** Small, so that no trim holds appends up: removing 200 entries costs less than one fsync. */
const trimRange = 200

/**
 * Opens the one-node log and takes its directory for this process. Throws `AGT_DATA_DIR_UNUSABLE` (missing rights, not a
 * directory), `AGT_DATA_DIR_LOCKED` or `AGT_DATA_DIR_NEWER`.
 */
export const openLmdbLog = async (options: LmdbLogOptions): Promise<Log> => {
  const { dir } = options
  await prepareLogDir(dir)
  const release = await lockDir(dir, options.lockWaitMs ?? lockWaitMsDefault).catch((error: unknown) => {
    throw error instanceof AgenttrailError ? error : unusable(dir, error)
  })
  let files: LogFiles | undefined
  try {
    await assertLogFiles(dir)
    files = openLogFiles(dir, false)
    const epoch = await initialise(files, dir)
    return new LmdbLog({ files, dir, epoch, bytesMax: options.bytesMax ?? bytesMaxDefault, release })
  } catch (error) {
    await files?.close()
    release()
    throw error instanceof AgenttrailError ? error : unusable(dir, error)
  }
}

/** Reads a log that this process has open, from another thread. It sees each entry once it is durable. */
export const openLmdbLogReader = (options: { readonly dir: string }): LogReader => {
  const files = openLogFiles(options.dir, true)
  const epoch = readMeta(files, 'epoch')
  if (epoch === undefined) throw unusable(options.dir, new Error('it holds no log yet'))
  const first = (): number => {
    files.resetReadTxn()
    return firstPosition(files)
  }
  return {
    epoch,
    first,
    read: (from, bytesMax) =>
      readEntries(
        { first, end: () => lastPosition(files), get: (position) => files.getBinary(position) },
        from,
        bytesMax,
      ),
    close: () => files.close(),
  }
}

const initialise = async (files: LogFiles, dir: string): Promise<string> => {
  const version = Number(readMeta(files, 'version') ?? filesVersion)
  if (version > filesVersion) {
    throw new AgenttrailError(
      'AGT_DATA_DIR_NEWER',
      `${dir} was written by a newer agenttrail (log version ${version}, this one knows ${filesVersion})`,
    )
  }
  const known = readMeta(files, 'epoch')
  if (known !== undefined) return known
  const epoch = randomUUID()
  await files.batch(() => {
    void files.put('version', Buffer.from(String(filesVersion)))
    void files.put('epoch', Buffer.from(epoch))
  })
  return epoch
}

class LmdbLog implements Log {
  readonly epoch: string
  readonly #files: LogFiles
  readonly #release: () => void
  readonly #bytesMax: number
  readonly #commit: GroupCommit
  readonly #listeners = new Set<(end: number) => void>()
  #first: number
  #end: number
  #next: number
  #storedBytes: number
  #pendingBytes = 0
  #isClosed = false

  constructor(deps: {
    readonly files: LogFiles
    readonly dir: string
    readonly epoch: string
    readonly bytesMax: number
    readonly release: () => void
  }) {
    this.epoch = deps.epoch
    this.#files = deps.files
    this.#release = deps.release
    this.#bytesMax = deps.bytesMax
    this.#first = firstPosition(deps.files)
    this.#end = lastPosition(deps.files)
    this.#next = this.#end + 1
    this.#storedBytes = usedBytes(deps.files)
    this.#commit = new GroupCommit({
      write: (group) => this.#write(group),
      onDurable: (last) => this.#announce(last),
      onFailed: (error) => writeFailed(error, deps.dir),
    })
  }

  first(): number {
    return this.#first
  }

  end(): number {
    return this.#end
  }

  space(): LogSpace {
    return { usedBytes: this.#storedBytes + this.#pendingBytes, bytesMax: this.#bytesMax }
  }

  read(from: number, bytesMax: number): readonly PositionedEntry[] {
    return readEntries(
      { first: () => this.#first, end: () => this.#end, get: (position) => this.#files.getBinary(position) },
      from,
      bytesMax,
    )
  }

  async append(entries: readonly LogEntry[]): Promise<number> {
    if (entries.length === 0) return this.#end
    if (this.#isClosed) throw new AgenttrailError('AGT_LOG_FAILED', 'the log is closed')
    if (this.#commit.failure !== undefined) throw this.#commit.failure
    if (isRefusedForSpace(this.space(), entries)) throw refusedForSpace(this.space())
    const encoded = entries.map(encodeEntry)
    const bytes = encoded.reduce((sum, one) => sum + one.length, 0)
    const first = this.#next
    this.#next += entries.length
    this.#pendingBytes += bytes
    return new Promise((resolve, reject) => this.#commit.add({ encoded, bytes, first, resolve, reject }))
  }

  async trim(position: number): Promise<void> {
    const until = Math.min(position, this.#end + 1)
    while (this.#first < until) {
      if (this.#commit.failure !== undefined) throw this.#commit.failure
      const from = this.#first
      const to = Math.min(from + trimRange, until)
      this.#first = to
      try {
        await this.#forget(from, to)
      } catch (error) {
        throw this.#commit.fail(error)
      }
      this.#measure()
    }
  }

  onAppend(listener: (end: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    await this.#commit.idle()
    await this.#files.close()
    this.#release()
  }

  async #write(group: readonly PendingAppend[]): Promise<void> {
    const files = this.#files
    const written = files.batch(() => {
      for (const pending of group) {
        pending.encoded.forEach((bytes, index) => void files.put(pending.first + index, bytes))
      }
    })
    await written.catch(rethrowCause)
    for (const pending of group) this.#pendingBytes -= pending.bytes
    this.#measure()
  }

  async #forget(from: number, to: number): Promise<void> {
    const files = this.#files
    const written = files.batch(() => {
      for (let position = from; position < to; position += 1) void files.remove(position)
      void files.put('first', Buffer.from(String(to)))
    })
    await written.catch(rethrowCause)
  }

  #measure(): void {
    this.#files.resetReadTxn()
    this.#storedBytes = usedBytes(this.#files)
  }

  #announce(last: number): void {
    this.#end = last
    for (const listener of this.#listeners) listener(last)
  }
}

/** LMDB calls a full disk an input/output error, so what is free is said too. */
const writeFailed = (error: unknown, dir: string): AgenttrailError => {
  const { bavail, bsize } = statfsSync(dir)
  const free = `${Math.floor((bavail * bsize) / 2 ** 20)} MiB free on its disk`
  return new AgenttrailError(
    'AGT_LOG_FAILED',
    `writing the log failed: ${messageOf(error)} (${free}); restart to open it anew`,
    {
      cause: error,
    },
  )
}
