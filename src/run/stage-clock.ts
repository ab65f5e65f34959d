const stages = ['decode', 'analyse', 'seal', 'snapshot', 'other'] as const

/** What the analyser's thread does: reading records, the state machine with its rows, segment files, snapshots, the rest. */
export type Stage = (typeof stages)[number]

/** CPU time of this thread by stage. A stage within another is counted on its own, so the sum is the thread's. */
export class StageClock {
  readonly #micros: Record<Stage, number> = { decode: 0, analyse: 0, seal: 0, snapshot: 0, other: 0 }
  readonly #cpuMicros: () => number
  #stage: Stage = 'other'
  #since: number

  constructor(cpuMicros: () => number = threadCpuMicros) {
    this.#cpuMicros = cpuMicros
    this.#since = cpuMicros()
  }

  run<T>(stage: Stage, work: () => T): T {
    const outer = this.#stage
    this.#enter(stage)
    try {
      return work()
    } finally {
      this.#enter(outer)
    }
  }

  /** Seconds since the start, by stage. */
  seconds(): Readonly<Record<Stage, number>> {
    this.#enter(this.#stage)
    const seconds = { ...this.#micros }
    for (const stage of stages) seconds[stage] /= 1e6
    return seconds
  }

  #enter(stage: Stage): void {
    const now = this.#cpuMicros()
    this.#micros[this.#stage] += now - this.#since
    this.#since = now
    this.#stage = stage
  }
}

const threadCpuMicros = (): number => {
  const { user, system } = process.threadCpuUsage()
  return user + system
}
