import type { RecordBatch } from '../ingest/transport.ts'
import type { StoreClient } from '../store/client.ts'
import type { HealthReadings } from '../telemetry/health-metrics.ts'
import { snapshotAgeSeconds } from './snapshot-age.ts'
import { SourceWatch } from './source-watch.ts'
import { StoreWatch } from './store-watch.ts'

const storeReadEveryMs = 60_000

export interface Health {
  /** A source brought records in. */
  readonly saw: (batch: RecordBatch) => void
  readonly readings: () => HealthReadings
  readonly start: () => void
  readonly stop: () => Promise<void>
}

/** What monitoring wants to know besides the pipeline's status. */
export const createHealth = (deps: {
  readonly client: StoreClient
  readonly snapshotDir: string
  readonly now: () => number
  readonly levers: () => HealthReadings['levers']
}): Health => {
  const { client, snapshotDir, now, levers } = deps
  const sources = new SourceWatch(now)
  const store = new StoreWatch({ client, everyMs: storeReadEveryMs, now })
  return {
    saw: (batch) => sources.saw(batch),
    readings: () => ({
      snapshotAgeSeconds: snapshotAgeSeconds(snapshotDir, now()),
      sources: sources.sources(),
      levers: levers(),
      ...store.readings(),
    }),
    start: () => store.start(),
    stop: () => store.stop(),
  }
}
