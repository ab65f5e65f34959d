import type { Readable } from 'node:stream'
import { UsageError } from './command.ts'

/** What the server takes at most in one body. */
export const bodyBytesMax = 16 * 1024 * 1024
/** What is sent at once: a retry costs little, and the progress moves. */
const bodyBytesWanted = 4 * 1024 * 1024
/** Beyond this a line is no line: the file is something else. */
const lineBytesMax = 64 * 1024 * 1024
const lineFeed = 0x0a

export interface RecordBody {
  /** Where the body starts in the stream. */
  readonly offset: number
  readonly bytes: Buffer
}

/**
 * Cuts a stream into bodies of whole lines, at the same places each time. A line above 4 MiB is a body of its own. With
 * `idleMs`, what has come so far is given when nothing more comes for that long: for streams that never end.
 */
export async function* recordBodies(
  stream: Readable,
  options: { readonly idleMs?: number; readonly bytesWanted?: number } = {},
): AsyncGenerator<RecordBody> {
  const cutter = new Cutter(options.bytesWanted ?? bodyBytesWanted)
  for await (const chunk of withIdle(stream, options.idleMs ?? Number.POSITIVE_INFINITY)) {
    yield* chunk === null ? cutter.wholeLines() : cutter.add(chunk)
  }
  yield* cutter.rest()
}

class Cutter {
  readonly #bytesWanted: number
  #pending: Buffer[] = []
  #pendingBytes = 0
  #offset = 0

  constructor(bytesWanted: number) {
    this.#bytesWanted = bytesWanted
  }

  /** The bodies that are full with this chunk. */
  *add(chunk: Buffer): Generator<RecordBody> {
    this.#pending.push(chunk)
    this.#pendingBytes += chunk.length
    if (this.#pendingBytes < this.#bytesWanted) return
    let bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    for (let cut = cutAt(bytes, this.#bytesWanted); cut > 0; cut = cutAt(bytes, this.#bytesWanted)) {
      yield this.#body(bytes.subarray(0, cut))
      bytes = bytes.subarray(cut)
    }
    this.#keep(bytes)
    if (bytes.length > lineBytesMax) throw new UsageError(`The line at byte ${this.#offset} has no end within 64 MiB`)
  }

  /** The lines that are complete. */
  *wholeLines(): Generator<RecordBody> {
    const bytes = Buffer.concat(this.#pending, this.#pendingBytes)
    const end = bytes.lastIndexOf(lineFeed) + 1
    if (end > 0) yield this.#body(bytes.subarray(0, end))
    this.#keep(bytes.subarray(end))
  }

  *rest(): Generator<RecordBody> {
    if (this.#pendingBytes > 0) yield this.#body(Buffer.concat(this.#pending, this.#pendingBytes))
  }

  #body(bytes: Buffer): RecordBody {
    const body = { offset: this.#offset, bytes }
    this.#offset += bytes.length
    return body
  }

  #keep(bytes: Buffer): void {
    this.#pending = [bytes]
    this.#pendingBytes = bytes.length
  }
}

/** End of the last line within `wanted` bytes, else of the first line; 0 while neither is known. */
const cutAt = (bytes: Buffer, wanted: number): number => {
  if (bytes.length < wanted) return 0
  const within = bytes.lastIndexOf(lineFeed, wanted - 1) + 1
  return within > 0 ? within : bytes.indexOf(lineFeed, wanted) + 1
}

/** The chunks of a stream, and `null` whenever none came for `idleMs`. Whoever stops early closes the stream. */
async function* withIdle(stream: Readable, idleMs: number): AsyncGenerator<Buffer | null> {
  const iterator: AsyncIterator<Buffer | string> = stream[Symbol.asyncIterator]()
  try {
    let next = iterator.next()
    for (;;) {
      const result = await orIdle(next, idleMs)
      if (result === null) {
        yield null
        continue
      }
      if (result.done === true) return
      yield typeof result.value === 'string' ? Buffer.from(result.value) : result.value
      next = iterator.next()
    }
  } finally {
    stream.destroy()
  }
}

const orIdle = async <T>(promise: Promise<T>, idleMs: number): Promise<T | null> => {
  if (!Number.isFinite(idleMs)) return promise
  let timer: NodeJS.Timeout | undefined
  const idle = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), idleMs)
  })
  return Promise.race([promise, idle]).finally(() => clearTimeout(timer))
}
