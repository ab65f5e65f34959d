import { Buffer } from 'node:buffer'
import { hash } from 'node:crypto'

const blockBytes = 64
const digestBytes = 32
const scratchBytes = 1 << 20

/**
 * HMAC-SHA-256 of bytes `start` to `end`, 64 hex digits: the commitment to a record as it arrived. Two one-shot hashes
 * over reused buffers cost a sixth of `createHmac`, which builds its key schedule anew for every record.
 */
export const createKeyedHash = (
  key: Uint8Array,
): ((bytes: Uint8Array, range: { readonly start: number; readonly end: number }) => string) => {
  const short = key.length > blockBytes ? hash('sha256', key, 'buffer') : key
  let inner = padded(short, 0x36, scratchBytes)
  const outer = padded(short, 0x5c, blockBytes + digestBytes)

  return (bytes, { start, end }) => {
    const needed = blockBytes + end - start
    if (needed > inner.length) inner = padded(short, 0x36, needed)
    inner.set(bytes.subarray(start, end), blockBytes)
    // As text of one byte a character: a buffer for the digest would cost as much as the hash.
    outer.write(hash('sha256', inner.subarray(0, needed), 'binary'), blockBytes, 'latin1')
    return hash('sha256', outer, 'hex')
  }
}

const padded = (key: Uint8Array, pad: number, bytes: number): Buffer => {
  const buffer = Buffer.alloc(bytes)
  for (let index = 0; index < blockBytes; index += 1) buffer[index] = (key[index] ?? 0) ^ pad
  return buffer
}
