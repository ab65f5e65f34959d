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

export interface BodyOptions {
  /** What has come so far is given when nothing more comes for that long: for streams that never end. */
  readonly idleMs?: number
  /** Aborted, it reads no further and gives the lines that are complete. */
  readonly signal?: AbortSignal
  readonly bytesWanted?: number
}

/** Cuts a stream into bodies of whole lines, at the same places each time. A line above 4 MiB is a body of its own. */
export async function* recordBodies(stream: Readable, options: BodyOptions = {}): AsyncGenerator<RecordBody> {
  const cutter = new Cutter(options.bytesWanted ?? bodyBytesWanted)
  const { idleMs = Number.POSITIVE_INFINITY, signal = new AbortController().signal } = options
  for await (const chunk of chunksOf(stream, idleMs, signal)) {
    yield* chunk === null ? cutter.wholeLines() : cutter.add(chunk)
  }
  yield* signal.aborted ? cutter.wholeLines() : cutter.rest()
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

/** The chunks of a stream until its end or `signal`, and `null` whenever none came for `idleMs`. */
async function* chunksOf(stream: Readable, idleMs: number, signal: AbortSignal): AsyncGenerator<Buffer | null> {
  const iterator: AsyncIterator<Buffer | string> = stream[Symbol.asyncIterator]()
  const stopped = stoppedBy(signal)
  try {
    let next = iterator.next()
    for (;;) {
      const result = await firstOf(next, stopped.promise, idleMs)
      if (result === 'idle') {
        yield null
        continue
      }
      if (result === 'stopped' || result.done === true) return
      yield typeof result.value === 'string' ? Buffer.from(result.value) : result.value
      next = iterator.next()
    }
  } finally {
    stopped.forget()
    stream.destroy()
  }
}

const stoppedBy = (signal: AbortSignal): { readonly promise: Promise<'stopped'>; readonly forget: () => void } => {
  const { promise, resolve } = Promise.withResolvers<'stopped'>()
  const stop = (): void => resolve('stopped')
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  return { promise, forget: () => signal.removeEventListener('abort', stop) }
}

const firstOf = async <T>(
  next: Promise<T>,
  stopped: Promise<'stopped'>,
  idleMs: number,
): Promise<T | 'stopped' | 'idle'> => {
  if (!Number.isFinite(idleMs)) return Promise.race([stopped, next])
  const { promise: idle, resolve } = Promise.withResolvers<'idle'>()
  const timer = setTimeout(() => resolve('idle'), idleMs)
  return Promise.race([stopped, next, idle]).finally(() => clearTimeout(timer))
}
