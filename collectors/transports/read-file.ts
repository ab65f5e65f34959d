import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

const newline = 10
const carriageReturn = 13
const chunkBytes = 1 << 20

/** Up to `length` bytes from `offset`; fewer at the end of the file. */
export const readAt = async (file: FileHandle, offset: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/** Where a line lies, and whether its line end is written yet. */
export interface LineExtent {
  /** Without the line end. */
  readonly bytes: number
  /** Offset of what follows. */
  readonly next: number
  readonly isWhole: boolean
}

/** Finds the end of a line of any length in bounded memory; of one that is not whole, the end of the file. */
export const findLineEnd = async (file: FileHandle, offset: number): Promise<LineExtent> => {
  let last = 0
  for (let at = offset; ; ) {
    const chunk = await readAt(file, at, chunkBytes)
    const found = chunk.indexOf(newline)
    if (found > 0) last = chunk[found - 1] ?? 0
    const bytes = at + found - offset
    if (found >= 0) return { bytes: last === carriageReturn ? bytes - 1 : bytes, next: at + found + 1, isWhole: true }
    if (chunk.length === 0) return { bytes: at - offset, next: at, isWhole: false }
    last = chunk.at(-1) ?? 0
    at += chunk.length
  }
}

/** SHA-256 (hex) of `bytes` bytes from `offset`, in bounded memory. */
export const hashRange = async (file: FileHandle, offset: number, bytes: number): Promise<string> => {
  const digest = createHash('sha256')
  for (let at = 0; at < bytes; ) {
    const chunk = await readAt(file, offset + at, Math.min(chunkBytes, bytes - at))
    if (chunk.length === 0) break
    digest.update(chunk)
    at += chunk.length
  }
  return digest.digest('hex')
}
