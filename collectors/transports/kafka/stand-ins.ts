import { createHash, randomUUID } from 'node:crypto'
import { batchHead } from './record-batch.ts'

/** Known to this process only, so that nobody can send a message that passes for a stand-in. */
const header = `agenttrail-unreadable-${randomUUID()}`

/** Beyond this a head is nonsense too, and nothing can stand in for it. */
const recordsMax = 10_000_000

/**
 * Records in Kafka's encoding that stand in for those of a batch that cannot be read: as many, at offsets that end where
 * the batch ends, so that the client goes on behind it.
 */
export const standIns = (batch: Buffer, reason: string): Buffer => {
  const { count, lastOffsetDelta } = batchHead(batch)
  if (count < 1 || count > recordsMax) throw new Error(`a batch of ${count} records cannot be passed over (${reason})`)
  const sha256 = createHash('sha256').update(batch).digest('hex')
  const what = `unreadable batch of ${count} records in ${batch.length} bytes, sha256 ${sha256} (${reason})`
  const records: Buffer[] = []
  for (let at = 0; at < count; at += 1) {
    // Offsets rise by one except where compaction took records away.
    records.push(standIn(at === count - 1 ? lastOffsetDelta : Math.min(at, lastOffsetDelta), what))
  }
  return Buffer.concat(records)
}

/** Why the message was not readable; null if it was. */
export const unreadableReason = (message: { readonly headers?: object | undefined }): string | null => {
  const found: unknown = Reflect.get(message.headers ?? {}, header)
  return Buffer.isBuffer(found) ? found.toString() : null
}

const standIn = (offsetDelta: number, what: string): Buffer => {
  const noTimeDelta = varInt(0)
  const none = varInt(-1)
  const content = Buffer.concat([
    Buffer.from([0]),
    noTimeDelta,
    varInt(offsetDelta),
    none,
    none,
    varInt(1),
    field(Buffer.from(header)),
    field(Buffer.from(what)),
  ])
  return field(content)
}

const field = (bytes: Buffer): Buffer => Buffer.concat([varInt(bytes.length), bytes])

const varInt = (value: number): Buffer => {
  const bytes: number[] = []
  let left = ((value << 1) ^ (value >> 31)) >>> 0
  while (left >= 0x80) {
    bytes.push((left & 0x7f) | 0x80)
    left >>>= 7
  }
  bytes.push(left)
  return Buffer.from(bytes)
}
