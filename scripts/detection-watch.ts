import { setTimeout as delay } from 'node:timers/promises'

const pollMs = 20

/** Watches how far the analysis is, and keeps the longest time in which it had something to do and did not move. */
export class DetectionWatch {
  longestGapMs = 0

  readonly #url: string
  #isStopping = false
  #running: Promise<void> = Promise.resolve()

  constructor(url: string) {
    this.#url = url
  }

  start(): void {
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    await this.#running
  }

  async #run(): Promise<void> {
    let position = 0
    let movedMs = performance.now()
    while (!this.#isStopping) {
      const partition = await readPartition(this.#url)
      const nowMs = performance.now()
      // A server that does not answer cannot show that it analyses: that time counts.
      if (partition !== null && (partition.analysed > position || partition.analysed >= partition.logEnd)) {
        this.longestGapMs = Math.max(this.longestGapMs, nowMs - movedMs)
        position = partition.analysed
        movedMs = nowMs
      }
      await delay(pollMs)
    }
  }
}

export interface Partition {
  readonly logEnd: number
  readonly analysed: number
  readonly storedThrough: number
}

/** How far the server is; null if it does not answer. */
export const readPartition = async (url: string): Promise<Partition | null> => {
  try {
    const response = await fetch(`${url}/api/v1/status`, { signal: AbortSignal.timeout(2_000) })
    const status = (await response.json()) as { readonly partitions: readonly Partition[] }
    return status.partitions[0] ?? null
  } catch {
    return null
  }
}
