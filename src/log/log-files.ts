import { access, constants, mkdir, open as openFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { open, type RootDatabase } from 'lmdb'
import { AgenttrailError } from '../errors.ts'

/** Version of the log's files; a directory with a higher one is refused. */
export const filesVersion = 1

/** One table: positions (numbers) → entries, and after them in key order `epoch`, `first` and `version`. */
export type LogFiles = RootDatabase<Buffer, number | string>

export const openLogFiles = (dir: string, readOnly: boolean): LogFiles =>
  open<Buffer, number | string>({
    path: dir,
    noSubdir: false,
    encoding: 'binary',
    cache: false,
    // With it, a put resolves when it is visible, which is before it is on disk.
    overlappingSync: false,
    commitDelay: 0,
    readOnly,
    // The lock of `lockDir` keeps other processes out; this one's threads share the environment.
    maxReaders: 32,
  })

/** Makes the directory if it is missing. Throws `AGT_DATA_DIR_UNUSABLE` if it cannot be used. */
export const prepareLogDir = async (dir: string): Promise<void> => {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 })
    if (!(await stat(dir)).isDirectory()) throw new Error('it is not a directory')
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw unusable(dir, error)
  }
}

/** What every LMDB file has behind the head of its first page. */
const magic = 0xbeefc0de
const magicOffset = 24

/** LMDB reads its file as memory, so another file in its place would end the process. Throws `AGT_DATA_DIR_UNUSABLE`. */
export const assertLogFiles = async (dir: string): Promise<void> => {
  const file = await openFile(join(dir, 'data.mdb'), 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (file === null) return
  await using held = file
  const { buffer, bytesRead } = await held.read(Buffer.alloc(4), 0, 4, magicOffset)
  if ((await held.stat()).size === 0 || (bytesRead === 4 && buffer.readUInt32LE() === magic)) return
  throw unusable(dir, new Error('data.mdb in it is damaged; restore a backup, or move it away to begin a new log'))
}

const causeWaitMs = 1_000

/** Of a failed commit: LMDB's own error comes on a promise of its own, which ends the process if nobody awaits it. */
export const rethrowCause = async (error: unknown): Promise<never> => {
  const { commitError } = error as { readonly commitError?: Promise<never> }
  if (commitError !== undefined) await Promise.race([commitError, delay(causeWaitMs)])
  throw error
}

export const unusable = (dir: string, error: unknown): AgenttrailError =>
  new AgenttrailError('AGT_DATA_DIR_UNUSABLE', `the log directory ${dir} cannot be used: ${messageOf(error)}`, {
    cause: error,
  })

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The value kept under one of the text keys. */
export const readMeta = (files: LogFiles, key: 'epoch' | 'first' | 'version'): string | undefined =>
  files.get(key)?.toString('utf8')

/** Position of the oldest entry; after a trim of everything, the position that the next one will have. */
export const firstPosition = (files: LogFiles): number => {
  for (const key of files.getKeys({ start: 0, end: Number.MAX_SAFE_INTEGER, limit: 1 })) return Number(key)
  return Number(readMeta(files, 'first') ?? 1)
}

/** Position of the newest entry, 0 in an empty log. */
export const lastPosition = (files: LogFiles): number => {
  for (const key of files.getKeys({ start: Number.MAX_SAFE_INTEGER, end: 0, reverse: true, limit: 1 }))
    return Number(key)
  return Number(readMeta(files, 'first') ?? 1) - 1
}

/** Bytes in the pages that hold data. Freed pages are used again, so the file stays near its highest value. */
export const usedBytes = (files: LogFiles): number => {
  const stats = files.getStats() as Partial<Record<string, number>>
  const pages = (stats['treeBranchPageCount'] ?? 0) + (stats['treeLeafPageCount'] ?? 0) + (stats['overflowPages'] ?? 0)
  return pages * (stats['pageSize'] ?? 4096)
}
