import { promisify } from 'node:util'
import { gunzip, gzip, zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs from 'kafkajs'
import createSnappyCodec from 'kafkajs-snappy'
import { compressFrame, decompressFrame } from 'lz4-napi'
import { isWholeRecords } from './record-batch.ts'
import { standIns } from './stand-ins.ts'

interface Codec {
  readonly compress: (encoder: { readonly buffer: Buffer }) => Promise<Buffer>
  readonly decompress: (bytes: Buffer) => Promise<Buffer>
}

/** A batch that grows beyond this is one that somebody made to fill memory. */
const decompressedBytesMax = 128 * 1024 * 1024

const { CompressionCodecs, CompressionTypes } = kafkajs
const options = { maxOutputLength: decompressedBytesMax, chunkSize: 1 << 20 }
const snappy: Codec = createSnappyCodec()

const codecs: readonly (readonly [type: number, name: string, codec: Codec])[] = [
  [
    CompressionTypes.GZIP,
    'gzip',
    {
      compress: ({ buffer }) => promisify(gzip)(buffer),
      decompress: (bytes) => promisify(gunzip)(bytes, options),
    },
  ],
  [CompressionTypes.Snappy, 'snappy', snappy],
  [
    CompressionTypes.LZ4,
    'lz4',
    { compress: ({ buffer }) => compressFrame(buffer), decompress: (bytes) => decompressFrame(bytes) },
  ],
  [
    CompressionTypes.ZSTD,
    'zstd',
    {
      compress: ({ buffer }) => promisify(zstdCompress)(buffer),
      decompress: (bytes) => promisify(zstdDecompress)(bytes, options),
    },
  ],
]

/** Numbers that Kafka has not given away yet: a batch with one is from a newer producer. */
const unknownTypes = [5, 6, 7]

let isInstalled = false

/**
 * Teaches the client all four codecs of Kafka. Whatever cannot be read is replaced by stand-ins: an exception here would
 * make the client fetch the same batch for ever.
 */
export const installCodecs = (): void => {
  if (isInstalled) return
  isInstalled = true
  const known = CompressionCodecs as unknown as Record<number, () => Codec>
  for (const [type, name, codec] of codecs) {
    known[type] = () => ({ compress: codec.compress, decompress: (bytes) => decompressSafely(name, codec, bytes) })
  }
  for (const type of unknownTypes) {
    const refuse = async (): Promise<Buffer> => {
      throw new Error(`there is no codec ${type}`)
    }
    known[type] = () => ({
      compress: refuse,
      decompress: (bytes) => decompressSafely(`codec ${type}`, { compress: refuse, decompress: refuse }, bytes),
    })
  }
}

const decompressSafely = async (name: string, codec: Codec, bytes: Buffer): Promise<Buffer> => {
  try {
    const records = await codec.decompress(bytes)
    if (!isWholeRecords(records, bytes)) throw new Error('it holds no whole records')
    return records
  } catch (error) {
    return standIns(bytes, `${name}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
