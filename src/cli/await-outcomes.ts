import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'
import type { ApiClient } from './api-client.ts'
import { batchShape, parseShape, type RecordCounts } from './shapes.ts'

const pollMs = 150

export type Outcomes = Readonly<Record<'stored' | 'ignored' | 'duplicate' | 'rejected', number>> & {
  /** Batches that were not analysed within the time, or that the server does not remember. */
  readonly unknownBatches: number
}

/** What became of the records of these batches, asked of the server until it knows or `waitMs` have passed. */
export const awaitOutcomes = async (
  client: ApiClient,
  batchIds: readonly string[],
  options: { readonly realm: string; readonly waitMs: number; readonly signal: AbortSignal },
): Promise<Outcomes> => {
  const until = performance.now() + options.waitMs
  const sum = { stored: 0, ignored: 0, duplicate: 0, rejected: 0, unknownBatches: 0 }
  for (const batchId of batchIds) {
    const counts = await outcomeOf(client, batchId, { ...options, until })
    if (counts === null) {
      sum.unknownBatches += 1
      continue
    }
    sum.stored += counts.stored
    sum.ignored += counts.ignored
    sum.duplicate += counts.duplicate
    sum.rejected += counts.rejected
  }
  return sum
}

const outcomeOf = async (
  client: ApiClient,
  batchId: string,
  options: { readonly realm: string; readonly until: number; readonly signal: AbortSignal },
): Promise<RecordCounts | null> => {
  for (;;) {
    const batch = await readBatch(client, batchId, options.realm)
    if (batch === null) return null
    if (batch.state === 'done') return batch.records
    if (performance.now() + pollMs > options.until) return null
    await delay(pollMs, undefined, { signal: options.signal })
  }
}

const readBatch = async (client: ApiClient, batchId: string, realm: string) => {
  try {
    return parseShape(batchShape, await client.get(`/api/v1/batches/${encodeURIComponent(batchId)}`, { realm }))
  } catch (error) {
    if (error instanceof AgenttrailError && error.code === 'AGT_NOT_FOUND') return null
    throw error
  }
}
