import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, open, rm, stat, utimes } from 'node:fs/promises'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'

export interface OpenLogFileOptions {
  /** What a compressed file is decompressed to. It loses its name at once and goes with its handle. */
  readonly spoolFile: string
  /** How long a file must not have changed to be what it will be. */
  readonly quietMs: number
}

/**
 * Opens a file for reading, a compressed one as what was compressed. null if there is none; `busy` while it is still
 * being compressed. Of an archive that is torn, what can be read is read.
 */
export const openLogFile = async (path: string, options: OpenLogFileOptions): Promise<FileHandle | 'busy' | null> => {
  const decompress = decompressorOf(path)
  try {
    return decompress === null ? await open(path, 'r') : await spool(path, decompress, options)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

const decompressorOf = (path: string): (() => Transform & { readonly bytesWritten: number }) | null => {
  if (path.endsWith('.gz')) return createGunzip
  return path.endsWith('.zst') ? createZstdDecompress : null
}

const spool = async (
  path: string,
  decompress: () => Transform & { readonly bytesWritten: number },
  { spoolFile, quietMs }: OpenLogFileOptions,
): Promise<FileHandle | 'busy'> => {
  const { size, mtime } = await stat(path)
  try {
    // A decompressor of zstd stops after a frame, and tells by `bytesWritten` where that was.
    for (let start = 0, isFirst = true; start < size; isFirst = false) {
      const stream = decompress()
      const output = createWriteStream(spoolFile, { flags: isFirst ? 'w' : 'a', mode: 0o600 })
      const isWhole = await pipeline(createReadStream(path, { start }), stream, output).then(
        () => true,
        () => false,
      )
      if (!isWhole && Date.now() - mtime.getTime() < quietMs) return 'busy'
      if (!isWhole || stream.bytesWritten === 0) break
      start += stream.bytesWritten
    }
    // Compressing keeps the time of the last write, and the order of rotated files goes by it.
    await utimes(spoolFile, mtime, mtime)
    return await open(spoolFile, 'r')
  } finally {
    await rm(spoolFile, { force: true })
  }
}

/** The first bytes of a file, of a compressed one those of what was compressed; fewer if it has fewer or cannot be read. */
export const readHead = async (path: string, bytes: number): Promise<Buffer> => {
  const source = createReadStream(path)
  const decompress = decompressorOf(path)
  const chunks: Buffer[] = []
  let length = 0
  const take = async (stream: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of stream) {
      chunks.push(chunk)
      length += chunk.length
      if (length >= bytes) return
    }
  }
  // It ends before its input does, which is an error to the pipeline; so is a torn archive, of which the head will do.
  await (decompress === null ? pipeline(source, take) : pipeline(source, decompress(), take)).catch(() => undefined)
  return Buffer.concat(chunks, length).subarray(0, bytes)
}
