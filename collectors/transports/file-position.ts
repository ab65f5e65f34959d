import { hash } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** How far a file was read. `fingerprint` is of its first `headBytes` bytes. */
export interface FilePosition {
  readonly fingerprint: string
  readonly headBytes: number
  readonly offset: number
}

/** One small file for each path that is followed. */
const positionFile = (dir: string, path: string): string =>
  join(dir, `${hash('sha256', path, 'hex').slice(0, 16)}.json`)

/** null for a path that was never read, or whose position is unreadable: then it is read from the start, and stored once. */
export const loadPosition = async (dir: string, path: string): Promise<FilePosition | null> => {
  try {
    const saved = JSON.parse(await readFile(positionFile(dir, path), 'utf8')) as Partial<FilePosition>
    const { fingerprint, headBytes, offset } = saved
    return typeof fingerprint === 'string' && Number.isSafeInteger(headBytes) && Number.isSafeInteger(offset)
      ? { fingerprint, headBytes: headBytes ?? 0, offset: offset ?? 0 }
      : null
  } catch {
    return null
  }
}

/**
 * Whole or not at all. Only the first one of a file is flushed, as its identity must not be taken anew: an older offset
 * after a power cut costs reading again, nothing else.
 */
export const savePosition = async (dir: string, path: string, position: FilePosition): Promise<void> => {
  const file = positionFile(dir, path)
  await writeFile(`${file}.part`, JSON.stringify({ path, ...position }), {
    mode: 0o600,
    flush: position.offset === 0,
  })
  await rename(`${file}.part`, file)
}
