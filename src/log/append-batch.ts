import { createHash } from 'node:crypto'
import { type Append, type Appended, type RecordBatch, recordBytesMax, recordKeptBytes } from '../ingest/transport.ts'
import type { BatchEntry } from './entry.ts'
import type { Log } from './log.ts'

/** Bounds of one part of a body. */
export const partRecordsMax = 20_000
export const partBytesMax = recordBytesMax

export interface CreateAppendDeps {
  readonly log: Pick<Log, 'append'>
  /** Which partition `log` is; 0 on one node. */
  readonly partition?: number
  readonly now: () => Date
  /** The realm that a batch belongs to whatever it says, where the operator has bound its source to one. */
  readonly realmOf?: (batch: RecordBatch) => string
}

/** The way of a body into the log: cut into parts at line ends, appended together or not at all. */
export const createAppend = (deps: CreateAppendDeps): Append => {
  const { log, now } = deps
  const realmOf = deps.realmOf ?? ((batch) => batch.realm)

  return async (batch): Promise<Appended> => {
    const parts = cut(batch)
    const common = commonFields(batch, realmOf(batch), now().getTime())
    const entries = parts.map((part, index): BatchEntry => ({ ...common, ...part, part: index, parts: parts.length }))
    return { partition: deps.partition ?? 0, offset: await log.append(entries) }
  }
}

type Part = Pick<BatchEntry, 'baseOffset' | 'firstOrdinal' | 'records' | 'truncated' | 'body'>

const commonFields = (batch: RecordBatch, realm: string, receivedMs: number) =>
  ({
    kind: 'batch',
    realm,
    source: batch.source,
    format: batch.format,
    transport: batch.transport,
    identity: batch.identity,
    batchId: batch.batchId,
    isBackfill: batch.isBackfill,
    receivedMs,
  }) as const

const cut = (batch: RecordBatch): readonly Part[] => {
  const { baseOffset, records, body, truncated } = batch
  const isOnePart = truncated !== undefined || (records <= partRecordsMax && body.length <= partBytesMax)
  if (!isOnePart) return cutLines(batch)
  return [{ baseOffset, firstOrdinal: 0, records, body, ...(truncated === undefined ? {} : { truncated }) }]
}

const newline = 0x0a

const cutLines = (batch: RecordBatch): readonly Part[] => {
  const { body } = batch
  // Where the source numbers its records, the ordinal says how far a part is from the first one.
  const baseOffsetAt = (start: number): number => batch.baseOffset + (batch.identity === 'offset' ? 0 : start)
  const parts: Part[] = []
  let partStart = 0
  let partRecords = 0
  let ordinal = 0
  const close = (end: number): void => {
    if (partRecords > 0) {
      const firstOrdinal = ordinal - partRecords
      const part = body.subarray(partStart, end)
      parts.push({ baseOffset: baseOffsetAt(partStart), firstOrdinal, records: partRecords, body: part })
    }
    partStart = end
    partRecords = 0
  }
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(newline, start)
    const end = found < 0 ? body.length : found + 1
    const lineEnd = found < 0 ? body.length : found
    if (end - partStart > partBytesMax || partRecords === partRecordsMax) close(start)
    if (end - start > partBytesMax) {
      parts.push(truncate(body.subarray(start, lineEnd), { baseOffset: baseOffsetAt(start), firstOrdinal: ordinal }))
      partStart = end
      ordinal += 1
    } else if (!isBlank(body, start, lineEnd)) {
      partRecords += 1
      ordinal += 1
    }
    start = end
  }
  close(body.length)
  return parts
}

const truncate = (line: Uint8Array, at: { readonly baseOffset: number; readonly firstOrdinal: number }): Part => {
  const record = line.at(-1) === 0x0d ? line.subarray(0, -1) : line
  const sha256 = createHash('sha256').update(record).digest('hex')
  return { ...at, records: 1, truncated: { bytes: record.length, sha256 }, body: record.subarray(0, recordKeptBytes) }
}

/** Whether a line holds only spaces, tabs and carriage returns: such a line is no record. */
const isBlank = (bytes: Uint8Array, start: number, end: number): boolean => {
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index]
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false
  }
  return true
}
