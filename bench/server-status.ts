import { setTimeout as delay } from 'node:timers/promises'
import type { LoadResult } from './generator-messages.ts'
import type { ServerProcess } from './server-process.ts'

const storedWaitMs = 600_000

/** Resolves with the time at which everything up to the load's last record was stored. */
export const awaitStored = async (server: ServerProcess, { lastPosition }: LoadResult): Promise<number> => {
  const until = performance.now() + storedWaitMs
  while (performance.now() < until) {
    const { partitions } = (await readStatus(server)) as { partitions: { storedThrough: number }[] }
    if ((partitions[0]?.storedThrough ?? 0) >= lastPosition) return Date.now()
    await delay(20)
  }
  throw new Error(`not everything was stored within ${storedWaitMs / 1_000} s\n${server.output()}`)
}

/** What the server says of itself. */
export const readStatus = async (server: ServerProcess): Promise<unknown> =>
  (await fetch(`${server.url}/api/v1/status`)).json()
