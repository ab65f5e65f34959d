import { Buffer, isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { ActivityEvent } from '../src/event/event.ts'
import { createKeyedHash } from '../src/event/keyed-hash.ts'
import { mayHoldSecret } from '../src/event/may-hold-secret.ts'
import { redactText } from '../src/event/redact-text.ts'
import type { Format, FormatContext, RecordOrigin } from '../src/ingest/format.ts'
import { recordBytesMax, recordKeptBytes, type TruncatedRecord } from '../src/ingest/transport.ts'
import { cleanRecord } from './clean-record.ts'
import { chooseFormat, parseRecord, readSafely } from './formats/read-record.ts'
import { scanJson } from './formats/scan-json.ts'
import { sealNamedSessions } from './seal-named-sessions.ts'
import { type Line, splitLines } from './split-lines.ts'

/** What decoding needs of a batch entry of the log. */
export interface RawBatch {
  readonly realm: string
  readonly source: string
  readonly format: string
  readonly identity: 'batch' | 'position' | 'offset'
  readonly batchId: string
  readonly baseOffset: number
  readonly firstOrdinal: number
  readonly receivedMs: number
  readonly body: Uint8Array
  /** Set where `body` is only the beginning of one record that was too large. */
  readonly truncated?: TruncatedRecord
}

/** One record after its format has read it; `src/analyse/decode.ts` says what each field means. */
export interface DecodedLine {
  readonly recordId: string
  readonly ordinal: number
  readonly sourcePosition: number
  readonly format: string
  readonly outcome: 'ok' | 'ignored' | 'rejected'
  readonly reason: string
  readonly events: readonly ActivityEvent[]
  readonly vendorId: string
  readonly raw: string
  readonly rawBytes: number
  readonly recordHash: string
}

export interface DecodeDeps {
  readonly formats: readonly Format[]
  /** Key of the hash that commits to each record as it arrived. */
  readonly hashKey: Uint8Array
  readonly sealToken: FormatContext['sealToken']
}

const tooLarge = `record larger than ${recordBytesMax / 1024} KiB`
const dayUs = 86_400_000_000
const timeUsMin = Date.UTC(2000) * 1000
const timeUsMax = Date.UTC(2100) * 1000

/** Splits a batch into records and reads each with its format. Pure and total: it never throws, whatever the bytes. */
export const createDecodeBatch = (deps: DecodeDeps): ((batch: RawBatch) => Iterable<DecodedLine>) => {
  const hashOf = createKeyedHash(deps.hashKey)
  const context: FormatContext = { sealToken: deps.sealToken }

  return function* decodeBatch(batch) {
    const body = Buffer.from(batch.body.buffer, batch.body.byteOffset, batch.body.byteLength)
    const batchHash = hash('sha256', `${batch.realm}\u0000${batch.identity}\u0000${batch.batchId}`, 'base64url').slice(
      0,
      22,
    )
    const isAllUtf8 = isUtf8(body)
    if (batch.truncated !== undefined) {
      yield refuseTruncated(batch, body, { batchHash, hashOf, truncated: batch.truncated, context })
      return
    }
    let ordinal = 0
    for (const line of splitLines(body)) {
      const position = positionOf(batch, { start: line.start, ordinal })
      const head = {
        recordId: `${batchHash}.${position}`,
        ordinal,
        sourcePosition: position,
        rawBytes: line.end - line.start,
        recordHash: hashOf(body, line),
      }
      const isText = isAllUtf8 || isUtf8(body.subarray(line.start, line.end))
      yield decodeLine({ batch, body, line, isText, head, formats: deps.formats, context })
      ordinal += 1
    }
  }
}

/** The number that tells a record from its source's others: a byte offset, the source's own count, or its place in the body. */
const positionOf = (batch: RawBatch, at: { readonly start: number; readonly ordinal: number }): number => {
  if (batch.identity === 'position') return batch.baseOffset + at.start
  const ordinal = batch.firstOrdinal + at.ordinal
  return batch.identity === 'offset' ? batch.baseOffset + ordinal : ordinal
}

interface LineInput {
  readonly batch: RawBatch
  readonly body: Buffer
  readonly line: Line
  readonly isText: boolean
  readonly head: Pick<DecodedLine, 'recordId' | 'ordinal' | 'sourcePosition' | 'rawBytes' | 'recordHash'>
  readonly formats: readonly Format[]
  readonly context: FormatContext
}

type RefusedInput = Pick<LineInput, 'head' | 'body' | 'line' | 'context'>

const decodeLine = (input: LineInput): DecodedLine => {
  const { batch, body, line, head } = input
  if (head.rawBytes > recordBytesMax) return refuse(input, batch.format, tooLarge)
  if (!input.isText) return refuse(input, batch.format, 'not UTF-8')
  const text = body.toString('utf8', line.start, line.end)
  const parsed = parseRecord(text, scanJson(body, line.start, line.end))
  if (parsed.kind !== 'ok') return refuse(input, batch.format, parsed.reason)
  const { value, isWrapped } = parsed.value
  const chosen = chooseFormat(value, { name: batch.format, formats: input.formats })
  if (chosen.kind !== 'ok') return refuse(input, batch.format, chosen.reason)
  const format = chosen.value
  const read = readSafely(format, value, { origin: originOf(input), context: input.context })
  if (read.kind === 'rejected') return refuse(input, format.name, read.reason)
  if (read.kind === 'ignored') return ignore(input, format.name, read.reason)
  const badTime = timeProblem(read.value.events, batch.receivedMs)
  if (badTime !== undefined) return refuse(input, format.name, badTime)
  const isSuspect = mayHoldSecret(body, line.start, line.end)
  const { raw, events } = cleanRecord({ text, value, isWrapped, isSuspect, result: read.value })
  return { ...head, format: format.name, outcome: 'ok', reason: '', events, vendorId: read.value.vendorId, raw }
}

const originOf = ({ batch, head }: LineInput): RecordOrigin => ({
  recordId: head.recordId,
  realm: batch.realm,
  source: batch.source,
  sourcePosition: head.sourcePosition,
  observedTimeUs: batch.receivedMs * 1000,
})

/** A clock that is years off would drag windows and partitions with it, so its records are dead letters. */
const timeProblem = (events: readonly ActivityEvent[], receivedMs: number): string | undefined => {
  const latest = receivedMs * 1000 + dayUs
  for (const { timeUs, endTimeUs } of events) {
    const end = endTimeUs ?? timeUs
    if (timeUs < timeUsMin || end >= timeUsMax) return 'time is outside the years 2000 to 2099'
    if (end > latest) return 'time is more than a day ahead of when the record was received'
  }
  return undefined
}

/** An ignored record is counted and not kept. */
const ignore = (input: LineInput, format: string, reason: string): DecodedLine => ({
  ...input.head,
  format,
  outcome: 'ignored',
  reason,
  events: [],
  vendorId: '',
  raw: '',
})

const refuse = ({ head, body, line, context }: RefusedInput, format: string, reason: string): DecodedLine => {
  const kept = body.subarray(line.start, Math.min(line.end, line.start + recordKeptBytes))
  return {
    ...head,
    format,
    outcome: 'rejected',
    reason,
    events: [],
    vendorId: '',
    raw: redactText(sealNamedSessions(kept.toString(), context.sealToken)),
  }
}

/** Only the record's beginning is here, so its hash commits to all of it by the digest (hex) taken on arrival. */
const refuseTruncated = (
  batch: RawBatch,
  body: Buffer,
  {
    batchHash,
    hashOf,
    truncated,
    context,
  }: {
    readonly batchHash: string
    readonly hashOf: ReturnType<typeof createKeyedHash>
    readonly truncated: TruncatedRecord
    readonly context: FormatContext
  },
): DecodedLine => {
  const position = positionOf(batch, { start: 0, ordinal: 0 })
  const digest = Buffer.from(truncated.sha256)
  const head = {
    recordId: `${batchHash}.${position}`,
    ordinal: 0,
    sourcePosition: position,
    rawBytes: truncated.bytes,
    recordHash: hashOf(digest, { start: 0, end: digest.length }),
  }
  const line = { start: 0, end: body.length }
  return refuse({ head, body, line, context }, batch.format, tooLarge)
}
