import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'

const newline = 10
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

export interface LongLine {
  /** Its first bytes. */
  readonly kept: Buffer
  /** Its length without the line end. */
  readonly bytes: number
  /** Of all its bytes, hex. */
  readonly sha256: string
}

/** Goes through a line of any length in bounded memory. null while its end is not written yet. */
export const readLongLine = async (file: FileHandle, offset: number, keptBytes: number): Promise<LongLine | null> => {
  const digest = createHash('sha256')
  const kept = await readAt(file, offset, keptBytes)
  for (let bytes = 0; ; ) {
    const chunk = await readAt(file, offset + bytes, chunkBytes)
    const end = chunk.indexOf(newline)
    digest.update(end < 0 ? chunk : chunk.subarray(0, end))
    if (end >= 0) return { kept: kept.subarray(0, bytes + end), bytes: bytes + end, sha256: digest.digest('hex') }
    if (chunk.length === 0) return null
    bytes += chunk.length
  }
}
