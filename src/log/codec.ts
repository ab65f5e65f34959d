import { crc32 } from 'node:zlib'
import { AgenttrailError } from '../errors.ts'
import type { BatchEntry, LogEntry } from './entry.ts'

/** A reader that does not know it must not guess. */
const codecVersion = 1
/** checksum of the rest (4) · version (1) · length of the header (4) · header as JSON · body of a batch as it arrived. */
const headBytes = 9

export const encodeEntry = (entry: LogEntry): Buffer => {
  const isBatch = entry.kind === 'batch'
  const header = Buffer.from(JSON.stringify(isBatch ? { ...entry, body: undefined } : entry))
  const body = isBatch ? entry.body : noBytes
  const bytes = Buffer.allocUnsafe(headBytes + header.length + body.length)
  bytes.writeUInt8(codecVersion, 4)
  bytes.writeUInt32LE(header.length, 5)
  header.copy(bytes, headBytes)
  bytes.set(body, headBytes + header.length)
  bytes.writeUInt32LE(crc32(bytes.subarray(4)), 0)
  return bytes
}

/** The body of a batch is a view into `bytes`. Throws `AGT_LOG_FAILED` on altered bytes, `AGT_DATA_DIR_NEWER` on a newer codec. */
export const decodeEntry = (bytes: Uint8Array, position: number): LogEntry => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (buffer.length < headBytes) throw damaged(position)
  if (crc32(buffer.subarray(4)) !== buffer.readUInt32LE(0)) throw damaged(position)
  const version = buffer.readUInt8(4)
  if (version > codecVersion) {
    throw new AgenttrailError(
      'AGT_DATA_DIR_NEWER',
      `Entry ${position} of the log was written by a newer agenttrail. Start that version.`,
    )
  }
  const headerEnd = headBytes + buffer.readUInt32LE(5)
  const header = JSON.parse(buffer.toString('utf8', headBytes, headerEnd)) as LogEntry
  return header.kind === 'batch' ? ({ ...header, body: buffer.subarray(headerEnd) } satisfies BatchEntry) : header
}

const noBytes = new Uint8Array()

const damaged = (position: number): AgenttrailError =>
  new AgenttrailError(
    'AGT_LOG_FAILED',
    `Entry ${position} of the log does not match its checksum: the disk altered it. Stop, check the disk, restore a backup.`,
  )
