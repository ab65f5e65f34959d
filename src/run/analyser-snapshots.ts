import type { Analyser } from '../analyse/analyser.ts'
import { SnapshotWriter } from '../analyse/snapshot.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

export interface AnalyserSnapshotsDeps {
  readonly files: SnapshotFiles
  readonly everyMs: number
  /** One more is durable. */
  readonly onComplete: () => void
  readonly onFailure: (error: unknown) => void
}

/** Copies the analyser's state to files, a little at a time while the analyser goes on. */
export class AnalyserSnapshots {
  /** The longest that one step took. */
  pauseMs = 0

  readonly #deps: AnalyserSnapshotsDeps
  #copying: { readonly writer: SnapshotWriter; readonly complete: () => Promise<void> } | null = null
  /** Until the copied one is on disk: that takes the longest, and the analyser does not wait for it. */
  #completing: Promise<void> | null = null
  #beganAtMs = 0

  constructor(deps: AnalyserSnapshotsDeps) {
    this.#deps = deps
  }

  /** Whether `step` has something to do. */
  get isCopying(): boolean {
    return this.#copying !== null
  }

  /** At a mark: begins a copy if it is time for one. */
  marked(analyser: Analyser, storedThrough: number): void {
    const isDue = analyser.tickMs - this.#beganAtMs >= this.#deps.everyMs
    if (!isDue || this.#copying !== null || this.#completing !== null) return
    // While the store is away one snapshot waits for it; more would only be thrown away.
    if ((this.#deps.files.positions()[0] ?? 0) > storedThrough) return
    this.#begin(analyser)
  }

  /** Between two entries of the log: does a little of the copy. */
  step(): void {
    const copying = this.#copying
    if (copying === null) return
    this.#paused(() => {
      if (!copying.writer.step()) return
      this.#copying = null
      this.#completing = this.#complete(copying.complete)
    })
  }

  /** Takes one of the state as it is, instead of one that is under way. */
  async take(analyser: Analyser): Promise<void> {
    await this.#completing
    this.#begin(analyser)
    while (this.#copying !== null) this.step()
    await this.#completing
  }

  #begin(analyser: Analyser): void {
    this.#beganAtMs = analyser.tickMs
    this.#paused(() => {
      const { write, complete } = this.#deps.files.begin(analyser.position)
      this.#copying = { writer: new SnapshotWriter(analyser, write), complete }
    })
  }

  async #complete(complete: () => Promise<void>): Promise<void> {
    try {
      await complete()
      this.#completing = null
      this.#deps.onComplete()
    } catch (error) {
      this.#deps.onFailure(error)
    }
  }

  #paused(work: () => void): void {
    const began = performance.now()
    work()
    this.pauseMs = Math.max(this.pauseMs, performance.now() - began)
  }
}
