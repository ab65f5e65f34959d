import { hash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import type { FilePosition } from './file-position.ts'
import { readAt } from './read-file.ts'

/**
 * A file is known by its first bytes: rotation uses names again, and file systems use inodes again. Enough of them to
 * reach what differs: Envoy's access lines have 300 equal bytes before the request id and the time.
 */
export const headBytesMax = 1024
const newline = 10

/** An open file and how far it was read. */
export class FollowedFile {
  readonly handle: FileHandle
  /** What its records are known by. */
  readonly fingerprint: string
  readonly #inode: number
  #head: Buffer
  #offset: number

  private constructor(handle: FileHandle, at: { fingerprint: string; inode: number; head: Buffer; offset: number }) {
    this.handle = handle
    this.fingerprint = at.fingerprint
    this.#inode = at.inode
    this.#head = at.head
    this.#offset = at.offset
  }

  /** A file that was not read yet; null while it has not even one line and so cannot be told from the next that begins so. */
  static async begin(handle: FileHandle, previous: FilePosition | null): Promise<FollowedFile | null> {
    const head = await readAt(handle, 0, headBytesMax)
    if (head.length < headBytesMax && !head.includes(newline)) return null
    const { ino } = await handle.stat()
    // A short head may be a line that every file of this path begins with: then it is the one after the previous that.
    const isShort = head.length < headBytesMax && previous !== null
    const fingerprint = hashOf(isShort ? Buffer.concat([head, Buffer.from(previous.fingerprint)]) : head)
    return new FollowedFile(handle, { fingerprint, inode: ino, head, offset: 0 })
  }

  /** The file that a position is of, to go on with; null if it is another, or shorter than what was read. */
  static async resume(handle: FileHandle, position: FilePosition): Promise<FollowedFile | null> {
    const head = await readAt(handle, 0, position.headBytes)
    const { ino, size } = await handle.stat()
    const { fingerprint, headBytes, headHash, offset } = position
    if (size < offset || head.length !== headBytes || hashOf(head) !== headHash) return null
    return new FollowedFile(handle, { fingerprint, inode: ino, head, offset })
  }

  get offset(): number {
    return this.#offset
  }

  position(): FilePosition {
    const head = this.#head
    return {
      fingerprint: this.fingerprint,
      headHash: hashOf(head),
      headBytes: head.length,
      inode: this.#inode,
      offset: this.#offset,
    }
  }

  /** `bytes` more were read; `read` are the first of them. */
  advance(read: Buffer, bytes: number): void {
    const known = this.#head.length - this.#offset
    if (this.#head.length < headBytesMax && known >= 0 && known < read.length) {
      this.#head = Buffer.concat([this.#head, read.subarray(known, known + headBytesMax - this.#head.length)])
    }
    this.#offset += bytes
  }

  /** Whether it is still the same file, and not shorter than what was read of it. */
  async isContinued(): Promise<boolean> {
    if ((await this.handle.stat()).size < this.#offset) return false
    return (await readAt(this.handle, 0, this.#head.length)).equals(this.#head)
  }
}

export const hashOf = (head: Buffer): string => hash('sha256', head, 'base64url')
