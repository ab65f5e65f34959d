import { hash } from 'node:crypto'
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'

/** How far a file was read. */
export interface FilePosition {
  /** What its records are known by, chosen once. */
  readonly fingerprint: string
  /** Hash of its first `headBytes` bytes, which tells whether a file is this one. The head grows with what was read. */
  readonly headHash: string
  readonly headBytes: number
  /** Tells files with equal heads apart, as long as nobody copied or compressed them. */
  readonly inode: number
  readonly offset: number
}

const count = z.int().min(0)
const positionSchema = z.object({
  fingerprint: z.string(),
  headHash: z.string(),
  headBytes: count,
  inode: count,
  offset: count,
})

/** A name for what is kept of each path that is followed. */
const nameOf = (path: string): string => hash('sha256', path, 'hex').slice(0, 16)
const positionFile = (dir: string, path: string): string => join(dir, `${nameOf(path)}.json`)

/** Where an archive of a followed path is decompressed to; always the same, so that a crash leaves one at most. */
export const spoolFile = (dir: string, path: string): string => join(dir, `${nameOf(path)}.spool`)

/** null for a path that was never read, or whose position is unreadable: then it is read from the start, and stored once. */
export const loadPosition = async (dir: string, path: string): Promise<FilePosition | null> => {
  try {
    const saved = positionSchema.safeParse(JSON.parse(await readFile(positionFile(dir, path), 'utf8')))
    return saved.success ? saved.data : null
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
