import { access, constants, mkdir, stat } from 'node:fs/promises'
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
