import type { PipelineStatus } from '../api/read-model.ts'
import type { Config } from '../config.ts'
import { startEngine } from '../engine/supervisor.ts'
import { createStoreClient, type StoreClient } from '../store/client.ts'
import { migrate } from '../store/migrate.ts'
import { underMigrationLock } from '../store/migration-lock.ts'
import { untilAvailable } from '../store/until-available.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { StoreAddress } from './worker-messages.ts'

export interface OpenStore {
  readonly client: StoreClient
  readonly address: StoreAddress
  /** Resolves when it answers and has its tables. Rejects if waiting would not help. */
  readonly ready: Promise<void>
  readonly status: () => PipelineStatus['store']
  readonly enginePid: () => number | undefined
  readonly stop: () => Promise<void>
}

/** The store: an engine of our own, or a server that exists. The client is the same. */
export const openStore = (deps: { readonly config: Config; readonly log: Logger }): OpenStore => {
  const { config, log } = deps
  if (config.storeUrl !== null) return serverStore(config.storeUrl)
  const engine = startEngine({
    dataDir: config.dataDir,
    env: process.env,
    engineMemoryBytesMax: config.engineMemoryBytesMax,
    onLog: (fields, message) => log.warn(fields, message),
  })
  const address = { socketPath: engine.socketPath }
  const client = createStoreClient(address)
  return {
    client,
    address,
    ready: engine.ready.then(() => untilAvailable(() => migrate(client))),
    status: () => ({ kind: 'embedded', state: engine.state(), restarts: engine.restarts() }),
    enginePid: engine.pid,
    stop: async () => {
      await client.close()
      await engine.stop()
    },
  }
}

const serverStore = (url: string): OpenStore => {
  const address = { url }
  const client = createStoreClient(address)
  return {
    client,
    address,
    // Every analyser and API of a cluster does so when it starts.
    ready: untilAvailable(() => underMigrationLock(client, () => migrate(client))),
    // A server's state is what the last request said; `/health/ready` asks it.
    status: () => ({ kind: 'server', state: 'up', restarts: 0 }),
    enginePid: () => undefined,
    stop: () => client.close(),
  }
}
