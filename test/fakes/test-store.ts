import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Engine, startEngine } from '../../src/engine/supervisor.ts'
import { createStoreClient, type StoreClient } from '../../src/store/client.ts'
import { migrate } from '../../src/store/migrate.ts'
import { createSegmentSink, type SegmentSink, type SegmentSinkOptions } from '../../src/store/segments.ts'
import { createStoreWriter, type StoreWriter } from '../../src/store/writer.ts'

/** A real engine in a directory of its own, with every table. */
export interface TestStore {
  readonly dataDir: string
  readonly engine: Engine
  readonly client: StoreClient
  readonly sink: (options?: Partial<SegmentSinkOptions>) => SegmentSink
  /** Writes what `fill` gives the sink under one mark, and waits until the store has it. */
  readonly store: (fill: (sink: SegmentSink) => void) => Promise<void>
  readonly close: () => Promise<void>
}

export const openTestStore = async (): Promise<TestStore> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-test-'))
  const engine = startEngine({ dataDir, env: process.env })
  const client = createStoreClient({ socketPath: engine.socketPath })
  await engine.ready
  await migrate(client)
  let sinks = 0
  const sink = (options: Partial<SegmentSinkOptions> = {}): SegmentSink => {
    sinks += 1
    return createSegmentSink({ dir: join(dataDir, 'segments', String(sinks)), epoch: 'test', ...options })
  }
  const common = sink()
  const writer: StoreWriter = createStoreWriter({ client, segmentMode: 'path', stored: {} })
  let mark = 0
  return {
    dataDir,
    engine,
    client,
    sink,
    store: async (fill) => {
      fill(common)
      mark += 1
      writer.enqueue(mark, common.seal({ position: mark, firstPosition: mark }))
      await writer.drain()
    },
    close: async () => {
      await writer.stop()
      await client.close()
      await engine.stop()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}
