import { Buffer } from 'node:buffer'
import { createDecodeBatch, type DecodedLine } from '../../collectors/decode.ts'
import { formats } from '../../collectors/registry.ts'
import { createSealToken } from '../../src/event/seal.ts'
import type { Format } from '../../src/ingest/format.ts'

/** The day on which the fixtures were captured. */
export const receivedMs = Date.UTC(2026, 10, 24, 12)

/** Decodes a body as one batch, with fixed keys. */
export const decodeText = (
  body: string | Uint8Array,
  options: {
    readonly format?: string
    readonly identity?: 'batch' | 'position'
    readonly formats?: readonly Format[]
  } = {},
): readonly DecodedLine[] => {
  const decode = createDecodeBatch({
    formats: options.formats ?? formats,
    hashKey: Buffer.alloc(32, 1),
    sealToken: createSealToken({ key: Buffer.alloc(32, 2), keyId: 'k1' }),
  })
  return [
    ...decode({
      realm: 'default',
      source: 'test',
      format: options.format ?? 'auto',
      identity: options.identity ?? 'batch',
      batchId: 'batch-1',
      baseOffset: 0,
      firstOrdinal: 0,
      receivedMs,
      body: typeof body === 'string' ? Buffer.from(body) : body,
    }),
  ]
}
