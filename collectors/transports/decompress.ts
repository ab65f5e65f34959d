import { promisify } from 'node:util'
import { gunzip, type ZstdDecompress, zstdDecompress } from 'node:zlib'
import { AgenttrailError } from '../../src/errors.ts'

const unzip = promisify(gunzip)
/** Larger output chunks make decompression three times cheaper than the default of 16 KiB. */
const chunkSize = 1 << 20

/** A request's body without its `content-encoding`. Refuses what grows beyond the bound, what is not whole, and unknown encodings. */
export const decompress = async (
  body: Buffer,
  given: { readonly encoding: string | undefined; readonly bytesMax: number },
): Promise<Buffer> => {
  const encoding = (given.encoding ?? 'identity').toLowerCase()
  if (encoding === 'identity') return body
  if (encoding !== 'gzip' && encoding !== 'zstd') {
    throw new AgenttrailError(
      'AGT_ENCODING_UNSUPPORTED',
      `content-encoding "${encoding}" is not known here; use gzip, zstd or none.`,
    )
  }
  const inflate = encoding === 'gzip' ? unzip : unzstd
  return inflate(body, { chunkSize, maxOutputLength: given.bytesMax }).catch((cause: NodeJS.ErrnoException) => {
    throw cause instanceof AgenttrailError ? cause : inflateError(cause, encoding, given.bytesMax)
  })
}

/** Node decompresses the first zstd frame and says nothing of what follows: what was not read must not be acknowledged. */
const unzstd = (
  body: Buffer,
  options: { readonly chunkSize: number; readonly maxOutputLength: number },
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    zstdDecompress(body, { ...options, info: true }, (error, result) => {
      if (error !== null) return reject(error)
      const { buffer, engine } = result as unknown as { readonly buffer: Buffer; readonly engine: ZstdDecompress }
      if (engine.bytesWritten === body.length) return resolve(buffer)
      const message = 'The body is more than one zstd frame, or something follows the frame: compress it as one frame.'
      return reject(new AgenttrailError('AGT_BODY_INVALID', message))
    })
  })

const inflateError = (cause: NodeJS.ErrnoException, encoding: string, bytesMax: number): AgenttrailError =>
  cause.code === 'ERR_BUFFER_TOO_LARGE'
    ? new AgenttrailError(
        'AGT_BODY_TOO_LARGE',
        `The body grows to more than ${bytesMax >> 20} MiB when decompressed; send it in smaller parts.`,
        { cause },
      )
    : new AgenttrailError('AGT_BODY_INVALID', `The body is not whole ${encoding} data: send it again.`, { cause })
