import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../bench/free-port.ts'
import { type ServerProcess, startProcess, stopProcess } from '../bench/server-process.ts'
import { loadKeys } from '../src/run/keys.ts'
import type { Role } from '../src/run/roles/roles.ts'
import { startEngineFront } from './engine-front.ts'
import { type Broker, startBroker } from './kafka-broker.ts'

const main = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

/** A first start makes topics and the broker's own; several at once on few cores take their time. */
const startWaitMs = 240_000

export interface ClusterOptions {
  readonly dir: string
  readonly partitions: number
  readonly env?: Readonly<Record<string, string>>
}

/** What the processes of a cluster share: a broker, a store behind a password, and keys. */
export interface ClusterGround {
  readonly broker: Broker
  readonly storeUrl: string
  /** Of the directory that a process gets its keys from. */
  readonly keysDir: string
  /** A process of its own, named for its data directory; started again under its name it finds what it left. */
  readonly start: (role: Role, name: string) => Promise<ServerProcess>
  readonly stop: () => Promise<void>
}

export const startGround = async (options: ClusterOptions): Promise<ClusterGround> => {
  const { dir, partitions } = options
  const broker = await startBroker({ dir: join(dir, 'broker') })
  const port = await freePort()
  const password = 'example'
  const front = await startEngineFront({ dataDir: join(dir, 'engine'), port, user: 'agenttrail', password })
  const storeUrl = `http://agenttrail:${password}@127.0.0.1:${port}`
  loadKeys(join(dir, 'first'))
  const keysDir = join(dir, 'first', 'keys')
  const start = async (role: Role, name: string): Promise<ServerProcess> => {
    const dataDir = join(dir, name)
    await mkdir(dataDir, { recursive: true })
    await cp(keysDir, join(dataDir, 'keys'), { recursive: true })
    return startProcess({
      args: [main, 'serve', '--role', role],
      dataDir,
      readyPath: '/health/live',
      waitMs: startWaitMs,
      env: {
        AGENTTRAIL_LOG: `kafka://${broker.address}/agenttrail?partitions=${partitions}&replicas=1`,
        AGENTTRAIL_STORE_URL: storeUrl,
        AGENTTRAIL_OTLP_ADDRESS: 'off',
        AGENTTRAIL_DECISION_ADDRESS: 'off',
        KAFKAJS_NO_PARTITIONER_WARNING: '1',
        ...options.env,
      },
    })
  }
  return {
    broker,
    storeUrl,
    keysDir,
    start,
    stop: async () => {
      await front.stop()
      await broker.stop()
    },
  }
}

interface PartitionStatus {
  readonly partition: number
  readonly logEnd: number
  readonly analysed: number
  readonly storedThrough: number
}

/** How far each partition is, by whoever owns it. */
export const readPartitions = async (analysers: readonly ServerProcess[]): Promise<readonly PartitionStatus[]> => {
  const all = await Promise.all(
    analysers.map(async ({ url }) => {
      const answer = await fetch(`${url}/api/v1/status`).catch(() => null)
      if (answer?.status !== 200) return []
      return ((await answer.json()) as { partitions: PartitionStatus[] }).partitions
    }),
  )
  return all.flat()
}

/** Until each partition is stored through a position: what an answer to a body of records names. */
export const untilStored = async (
  analysers: readonly ServerProcess[],
  wanted: ReadonlyMap<number, number>,
  waitMs = 60_000,
): Promise<void> => {
  const until = performance.now() + waitMs
  for (;;) {
    const found = await readPartitions(analysers)
    const isThere = [...wanted].every(([partition, position]) =>
      found.some((one) => one.partition === partition && one.storedThrough >= position),
    )
    if (isThere) return
    if (performance.now() > until) throw new Error(`not stored in time: ${JSON.stringify(found)}`)
    await delay(100)
  }
}

export const stopAll = async (servers: readonly ServerProcess[]): Promise<void> => {
  await Promise.all(servers.map(stopProcess))
}
