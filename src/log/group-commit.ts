/** One append on its way: its entries' bytes and who waits for it. */
export interface PendingAppend {
  readonly encoded: readonly Buffer[]
  readonly bytes: number
  readonly first: number
  readonly resolve: (last: number) => void
  readonly reject: (error: Error) => void
}

/** Bound of one transaction, so that a waiting small append is not held up by everything before it. */
const groupBytesMax = 8 * 1024 * 1024

/**
 * Writes appends in order, those that arrive during a write together in the next one. Only one write is under way at a
 * time: if it fails nothing behind it was written, so a failure can never leave a gap.
 */
export class GroupCommit {
  readonly #write: (group: readonly PendingAppend[]) => Promise<void>
  readonly #onDurable: (last: number) => void
  readonly #onFailed: (error: unknown) => Error
  #queue: PendingAppend[] = []
  #running: Promise<void> | undefined
  #failure: Error | undefined

  constructor(deps: {
    readonly write: (group: readonly PendingAppend[]) => Promise<void>
    readonly onDurable: (last: number) => void
    readonly onFailed: (error: unknown) => Error
  }) {
    this.#write = deps.write
    this.#onDurable = deps.onDurable
    this.#onFailed = deps.onFailed
  }

  get failure(): Error | undefined {
    return this.#failure
  }

  add(pending: PendingAppend): void {
    this.#queue.push(pending)
    this.#running ??= this.#run()
  }

  /** Refuses everything from here on, what is waiting included. */
  fail(error: unknown): Error {
    this.#failure ??= this.#onFailed(error)
    const failure = this.#failure
    for (const pending of this.#queue.splice(0)) pending.reject(failure)
    return failure
  }

  /** Resolves when nothing is waiting or being written. */
  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // Appends of the same turn share the first write.
    await Promise.resolve()
    while (this.#queue.length > 0) {
      const group = this.#takeGroup()
      try {
        await this.#write(group)
      } catch (error) {
        const failure = this.fail(error)
        for (const pending of group) pending.reject(failure)
        break
      }
      this.#settle(group)
    }
    this.#running = undefined
  }

  #settle(group: readonly PendingAppend[]): void {
    for (const pending of group) {
      const last = pending.first + pending.encoded.length - 1
      this.#onDurable(last)
      pending.resolve(last)
    }
  }

  #takeGroup(): PendingAppend[] {
    let bytes = 0
    let count = 0
    for (const pending of this.#queue) {
      if (count > 0 && bytes + pending.bytes > groupBytesMax) break
      bytes += pending.bytes
      count += 1
    }
    return this.#queue.splice(0, count)
  }
}
