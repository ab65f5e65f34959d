import type { Readable } from 'node:stream'

/** What the server takes at most in one body. */
export const bodyBytesMax = 16 * 1024 * 1024
/** What is sent at once: a retry costs little, and the progress moves. */
const bodyBytesWanted = 4 * 1024 * 1024
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
  const bytesWanted = options.bytesWanted ?? bodyBytesWanted
  let pending: Buffer[] = []
  let pendingBytes = 0
  let offset = 0
  const take = (bytes: Buffer): RecordBody => {
    const body = { offset, bytes }
    offset += bytes.length
    return body
  }

  for await (const chunk of withIdle(stream, options.idleMs ?? Number.POSITIVE_INFINITY)) {
    if (chunk !== null) {
      pending.push(chunk)
      pendingBytes += chunk.length
      if (pendingBytes < bytesWanted) continue
    }
    let bytes = Buffer.concat(pending, pendingBytes)
    for (let cut = cutAt(bytes, bytesWanted); cut > 0; cut = cutAt(bytes, bytesWanted)) {
      yield take(bytes.subarray(0, cut))
      bytes = bytes.subarray(cut)
    }
    const whole = chunk === null ? bytes.lastIndexOf(lineFeed) + 1 : 0
    if (whole > 0) yield take(bytes.subarray(0, whole))
    pending = [bytes.subarray(whole)]
    pendingBytes = bytes.length - whole
  }
  if (pendingBytes > 0) yield take(Buffer.concat(pending, pendingBytes))
}

/** End of the last line within `wanted` bytes, else of the first line; 0 while neither is known. */
const cutAt = (bytes: Buffer, wanted: number): number => {
  if (bytes.length < wanted) return 0
  const within = bytes.lastIndexOf(lineFeed, wanted - 1) + 1
  return within > 0 ? within : bytes.indexOf(lineFeed, wanted) + 1
}

/** The chunks of a stream, and `null` whenever none came for `idleMs`. */
async function* withIdle(stream: Readable, idleMs: number): AsyncGenerator<Buffer | null> {
  const iterator: AsyncIterator<Buffer | string> = stream[Symbol.asyncIterator]()
  let next = iterator.next()
  for (;;) {
    const result = await orIdle(next, idleMs)
    if (result === null) {
      yield null
      continue
    }
    if (result.done === true) return
    next = iterator.next()
    yield typeof result.value === 'string' ? Buffer.from(result.value) : result.value
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
