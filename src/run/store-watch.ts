import type { StoreClient } from '../store/client.ts'
import type { HealthReadings } from '../telemetry/health-metrics.ts'

type StoreReadings = Pick<HealthReadings, 'storeAnswers' | 'events' | 'actions' | 'responseTimes'>

/** As many as `SourceWatch` counts; the busiest ones. */
const sourcesMax = 200

/**
 * The hour comes first in the table's key and is cut off below the range's start, so that only newest parts are read.
 * Names and kinds are what the events table holds; a source of several formats is one source.
 */
const eventsSql = `
SELECT realm, source,
  greatest(0, max(dateDiff('millisecond', observed_time, time))) / 1000 AS aheadSeconds,
  quantile(0.5)(dateDiff('millisecond', time, observed_time)) / 1000 AS delaySeconds,
  countIf(kind = 'decision') AS decisions, countIf(kind = 'access') AS accesses
FROM events
WHERE time >= fromUnixTimestamp64Milli({nowMs:Int64}) - INTERVAL 1 DAY
  AND observed_time >= fromUnixTimestamp64Milli({nowMs:Int64}) - INTERVAL 5 MINUTE
GROUP BY realm, source ORDER BY count() DESC, realm, source LIMIT ${sourcesMax}`

const actionsSql = `
SELECT kind, state, count() AS count FROM agent_actions
WHERE first_written >= fromUnixTimestamp64Milli({nowMs:Int64}) - INTERVAL 1 DAY
GROUP BY kind, state ORDER BY kind, state LIMIT 100`

/** From the newest `proposed` of each action: what was undone and is proposed again is measured anew. */
const responseTimesSql = `
SELECT kind, milestone, quantileExact(0.5)(ms) / 1000 AS p50, quantileExact(0.99)(ms) / 1000 AS p99, max(ms) / 1000 AS max
FROM (
  SELECT kind,
    JSONExtract(transitions, 'Array(Tuple(state String, timeMs Int64))') AS steps,
    arrayLast(step -> step.1 = 'proposed', steps).2 AS proposedMs,
    arrayJoin(['requested', 'accepted', 'enforced', 'verified']) AS milestone,
    arrayFirst(step -> step.1 = milestone AND step.2 >= proposedMs, steps).2 - proposedMs AS ms
  FROM agent_actions
  WHERE first_written >= fromUnixTimestamp64Milli({nowMs:Int64}) - INTERVAL 1 DAY AND state != 'dryRun'
) WHERE ms >= 0 GROUP BY kind, milestone ORDER BY kind, milestone LIMIT 100`

export interface StoreWatchDeps {
  readonly client: StoreClient
  readonly everyMs: number
  readonly now: () => number
}

/** Asks the store, round after round, what only it knows of the pipeline's health. A store that is away is a reading too. */
export class StoreWatch {
  readonly #deps: StoreWatchDeps
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> | null = null
  #readings: StoreReadings = { storeAnswers: null, events: [], actions: [], responseTimes: [] }

  constructor(deps: StoreWatchDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#begin()
    this.#timer = setInterval(() => this.#begin(), this.#deps.everyMs)
  }

  readings(): StoreReadings {
    return this.#readings
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
  }

  #begin(): void {
    // A round that waits for a slow store may outlast the interval.
    this.#round ??= this.#read().finally(() => {
      this.#round = null
    })
  }

  async #read(): Promise<void> {
    const { client, now } = this.#deps
    const params = { nowMs: now() }
    try {
      const [events, actions, responseTimes] = await Promise.all([
        client.query<StoreReadings['events'][number]>(eventsSql, params),
        client.query<StoreReadings['actions'][number]>(actionsSql, params),
        client.query<StoreReadings['responseTimes'][number]>(responseTimesSql, params),
      ])
      this.#readings = { storeAnswers: true, events, actions, responseTimes }
    } catch {
      // Whoever writes to the store says what is wrong with it; what was last known of sources would only mislead.
      this.#readings = { storeAnswers: false, events: [], actions: [], responseTimes: [] }
    }
  }
}
