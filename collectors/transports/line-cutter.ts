import { createHash, type Hash } from 'node:crypto'
import { recordBytesMax, recordKeptBytes, type TruncatedRecord } from '../../src/ingest/transport.ts'
import { countRecords } from '../split-lines.ts'

const newline = 10
const carriageReturn = 13

/** Whole lines of a stream, or the beginning of one line that is too large to keep. */
export interface Piece {
  readonly body: Buffer
  readonly records: number
  readonly truncated?: TruncatedRecord
}

/** Cuts a stream that cannot be read again into whole lines, in bounded memory whatever the length of a line. */
export class LineCutter {
  #pending: Buffer[] = []
  #pendingBytes = 0
  #long: LongLine | null = null

  /** The pieces that are full with this chunk. */
  add(chunk: Buffer): readonly Piece[] {
    const pieces: Piece[] = []
    let rest = chunk
    if (this.#long !== null) {
      const found = rest.indexOf(newline)
      this.#long.add(found < 0 ? rest : rest.subarray(0, found))
      if (found < 0) return pieces
      pieces.push(this.#long.close())
      this.#long = null
      rest = rest.subarray(found + 1)
    }
    this.#pending.push(rest)
    this.#pendingBytes += rest.length
    if (this.#pendingBytes < recordBytesMax) return pieces
    pieces.push(...this.wholeLines())
    if (this.#pendingBytes >= recordBytesMax) {
      this.#long = new LongLine()
      for (const bytes of this.#pending) this.#long.add(bytes)
      this.#keep(Buffer.alloc(0))
    }
    return pieces
  }

  /** The lines that are complete. */
  wholeLines(): readonly Piece[] {
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    const end = bytes.lastIndexOf(newline) + 1
    this.#keep(bytes.subarray(end))
    return pieceOf(bytes.subarray(0, end))
  }

  /** What is left at the end of the stream: its last line may have no line end. */
  rest(): readonly Piece[] {
    const long = this.#long
    this.#long = null
    if (long !== null) return [long.close()]
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    this.#keep(Buffer.alloc(0))
    return pieceOf(bytes)
  }

  #keep(bytes: Buffer): void {
    this.#pending = bytes.length === 0 ? [] : [bytes]
    this.#pendingBytes = bytes.length
  }
}

const pieceOf = (body: Buffer): readonly Piece[] => {
  const records = countRecords(body)
  return records === 0 ? [] : [{ body, records }]
}

/** A line beyond the limit: its beginning, its length and its hash are all that is kept. */
class LongLine {
  readonly #digest: Hash = createHash('sha256')
  readonly #kept: Buffer[] = []
  #keptBytes = 0
  #bytes = 0
  /** A carriage return at the end of what came so far: it belongs to the line end if that follows. */
  #hasReturn = false

  add(bytes: Buffer): void {
    if (bytes.length === 0) return
    if (this.#hasReturn) this.#take(Buffer.from([carriageReturn]))
    this.#hasReturn = bytes.at(-1) === carriageReturn
    this.#take(this.#hasReturn ? bytes.subarray(0, -1) : bytes)
  }

  close(): Piece {
    const truncated = { bytes: this.#bytes, sha256: this.#digest.digest('hex') }
    return { body: Buffer.concat(this.#kept, this.#keptBytes), records: 1, truncated }
  }

  #take(bytes: Buffer): void {
    this.#digest.update(bytes)
    this.#bytes += bytes.length
    const kept = bytes.subarray(0, recordKeptBytes - this.#keptBytes)
    this.#kept.push(Buffer.from(kept))
    this.#keptBytes += kept.length
  }
}
