import { createHash } from 'node:crypto'
import { type RecordBatch, recordBytesMax, recordKeptBytes } from '../../../src/ingest/transport.ts'
import { splitLines } from '../../split-lines.ts'
import { unreadableReason } from './stand-ins.ts'

/** What is read of a Kafka message. */
export interface Message {
  readonly offset: string
  readonly value: Buffer | null
  readonly headers?: object | undefined
}

/** Messages that go into the log together. */
export type Run = Pick<RecordBatch, 'identity' | 'batchId' | 'baseOffset' | 'records' | 'body' | 'truncated'>

const recordsMax = 20_000
const newline = 0x0a
const carriageReturn = 0x0d
const space = 0x20

/**
 * Cuts what was fetched of a partition into runs of consecutive offsets, one line a message. Messages without content are
 * left out. `partitionId` names the partition for ever.
 */
export const messageRuns = (partitionId: string, messages: readonly Message[]): readonly Run[] => {
  const runs: Run[] = []
  let lines: Buffer[] = []
  let linesBytes = 0
  let baseOffset = 0
  const close = (): void => {
    if (lines.length > 0) runs.push(runOf(partitionId, baseOffset, lines))
    lines = []
    linesBytes = 0
  }
  for (const message of messages) {
    const offset = Number(message.offset)
    const content = readContent(message, partitionId)
    if (content.kind !== 'line') {
      close()
      if (content.kind !== 'none') runs.push(runAlone(partitionId, offset, content))
      continue
    }
    const isFull = lines.length >= recordsMax || linesBytes + content.line.length >= recordBytesMax
    if (isFull || offset !== baseOffset + lines.length) close()
    if (lines.length === 0) baseOffset = offset
    lines.push(content.line)
    linesBytes += content.line.length + 1
  }
  close()
  return runs
}

type Content =
  | { readonly kind: 'none' }
  | { readonly kind: 'line'; readonly line: Buffer }
  | { readonly kind: 'lines'; readonly body: Buffer; readonly records: number }
  | { readonly kind: 'large'; readonly bytes: Buffer }

const readContent = (message: Message, partitionId: string): Content => {
  const reason = unreadableReason(message)
  if (reason !== null) return { kind: 'line', line: Buffer.from(`${partitionId} ${message.offset}: ${reason}`) }
  const { value } = message
  const found = value === null ? [] : [...splitLines(value)]
  const [first] = found
  if (value === null || first === undefined) return { kind: 'none' }
  if (found.length === 1) return sized(value.subarray(first.start, first.end))
  const isEachAnObject = found.every(({ start, end }) => isObject(value.subarray(start, end)))
  if (isEachAnObject && value.length < recordBytesMax) return { kind: 'lines', body: value, records: found.length }
  return sized(oneLine(value))
}

const sized = (line: Buffer): Content =>
  line.length >= recordBytesMax ? { kind: 'large', bytes: line } : { kind: 'line', line }

/** A shipper may put several records into a message, one a line. */
const isObject = (line: Buffer): boolean => {
  const text = line.toString('latin1').trim()
  return text.startsWith('{') && text.endsWith('}')
}

/** JSON that was laid out for reading: between its tokens a line end is a space. */
const oneLine = (value: Buffer): Buffer => {
  const line = Buffer.from(value)
  for (let at = 0; at < line.length; at += 1) {
    if (line[at] === newline || line[at] === carriageReturn) line[at] = space
  }
  return line
}

const runOf = (batchId: string, baseOffset: number, lines: readonly Buffer[]): Run => ({
  identity: 'offset',
  batchId,
  baseOffset,
  records: lines.length,
  body: Buffer.concat(lines.flatMap((line) => [line, lineEnd])),
})

const lineEnd = Buffer.from('\n')

const runAlone = (
  partitionId: string,
  offset: number,
  content: Exclude<Content, { readonly kind: 'none' | 'line' }>,
): Run => {
  if (content.kind === 'lines') {
    const { body, records } = content
    return { identity: 'batch', batchId: `${partitionId}/${offset}`, baseOffset: 0, records, body }
  }
  const { bytes } = content
  return {
    identity: 'offset',
    batchId: partitionId,
    baseOffset: offset,
    records: 1,
    body: bytes.subarray(0, recordKeptBytes),
    truncated: { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
  }
}
