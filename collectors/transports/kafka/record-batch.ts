/**
 * What a codec is given is the end of the batch that the client read, as a view: the batch's head lies before it. Kafka's
 * message format 2; its fields lie this far before the records.
 */
const countBefore = 4
const lastOffsetDeltaBefore = 38

/** How many records the batch says it has, and the offset of the last one after the first. */
export const batchHead = (records: Buffer): { readonly count: number; readonly lastOffsetDelta: number } => {
  const whole = Buffer.from(records.buffer, records.byteOffset - lastOffsetDeltaBefore, lastOffsetDeltaBefore)
  return {
    count: whole.readInt32BE(lastOffsetDeltaBefore - countBefore),
    lastOffsetDelta: whole.readInt32BE(0),
  }
}

/** Whether the bytes are as many records as the batch says, each whole: the client would read beyond the end otherwise. */
export const isWholeRecords = (bytes: Buffer, batch: Buffer): boolean => {
  const { count } = batchHead(batch)
  let at = 0
  for (let record = 0; record < count; record += 1) {
    const length = readVarInt(bytes, at)
    if (length === null || length.value < recordBytesMin) return false
    at = length.end + length.value
    if (at > bytes.length || !isWholeRecord(bytes.subarray(length.end, at))) return false
  }
  return at === bytes.length
}

/** Attributes, two numbers, no key, no value, no headers. */
const recordBytesMin = 6

/** Length-prefixed fields must end within the record. */
const isWholeRecord = (record: Buffer): boolean => {
  let at = skipVarInt(record, 1)
  at = skipVarInt(record, at)
  // Key and value.
  at = skipField(record, skipField(record, at))
  const headers = readVarInt(record, at)
  if (headers === null || headers.value < 0 || headers.value > record.length) return false
  at = headers.end
  for (let header = 0; header < headers.value * 2; header += 1) at = skipField(record, at)
  return at === record.length
}

const beyond = Number.MAX_SAFE_INTEGER

const skipVarInt = (bytes: Buffer, at: number): number => {
  for (let index = at; index < bytes.length && index < at + 10; index += 1) {
    if ((bytes[index] ?? 0) < 0x80) return index + 1
  }
  return beyond
}

const skipField = (bytes: Buffer, at: number): number => {
  const length = readVarInt(bytes, at)
  if (length === null) return beyond
  return length.end + Math.max(0, length.value)
}

const readVarInt = (bytes: Buffer, at: number): { readonly value: number; readonly end: number } | null => {
  let value = 0
  for (let index = at; index < bytes.length && index < at + 5; index += 1) {
    const byte = bytes[index] ?? 0
    value += (byte & 0x7f) * 2 ** (7 * (index - at))
    if (byte < 0x80) return { value: value % 2 === 0 ? value / 2 : -(value + 1) / 2, end: index + 1 }
  }
  return null
}
