import type { PipelineStatus } from '../api/read-model.ts'
import type { StoreClient } from '../store/client.ts'
import { type Retention, type SpaceReport, sweepOld } from '../store/retention.ts'
import type { Logger } from '../telemetry/logger.ts'

export interface RetentionKeeperDeps {
  readonly client: StoreClient
  readonly retention: Retention
  readonly everyMs: number
  readonly now: () => number
  readonly log: Logger
}

type Space = PipelineStatus['space']

/** Removes what is too old, or too much, round after round, and says what it removed. A store that is away costs a round. */
export class RetentionKeeper {
  readonly #deps: RetentionKeeperDeps
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  #isRunning = false
  #space: Space = { usedBytes: 0, budgetBytes: 0, isOverBudget: false, removedBytes: {} }

  constructor(deps: RetentionKeeperDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#begin()
    this.#timer = setInterval(() => this.#begin(), this.#deps.everyMs)
  }

  /** What the last round saw; zeros before the first. */
  space(): Space {
    return this.#space
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
  }

  #begin(): void {
    // A round over a large table may outlast the interval.
    if (this.#isRunning) return
    this.#isRunning = true
    this.#round = this.#sweep().finally(() => {
      this.#isRunning = false
    })
  }

  async #sweep(): Promise<void> {
    const { client, retention, now, log } = this.#deps
    try {
      this.#report(await sweepOld(client, retention, now()))
    } catch (error) {
      log.warn({ err: error }, 'what is too old could not be removed; trying again in the next round')
    }
  }

  #report({ usedBytes, budgetBytes, isOverBudget, removals }: SpaceReport): void {
    const { log } = this.#deps
    const removedBytes = { ...this.#space.removedBytes }
    for (const removal of removals) {
      removedBytes[removal.reason] = (removedBytes[removal.reason] ?? 0) + removal.bytes
      if (removal.reason === 'disk') log.warn(removal, 'the disk is too full: the oldest payloads were removed')
      else log.info(removal, 'too old: removed')
    }
    // Once, when it begins: metrics say it for as long as it lasts.
    if (isOverBudget && !this.#space.isOverBudget) {
      const advice =
        'the disk is too full and no payloads are left to remove: make room, or keep events for a shorter time'
      log.error({ usedBytes, budgetBytes }, advice)
    }
    this.#space = { usedBytes, budgetBytes, isOverBudget, removedBytes }
  }
}
