import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../errors.ts'
import type { ApiClient } from './api-client.ts'
import type { Sent } from './send-records.ts'
import { batchShape, parseShape, type RecordCounts } from './shapes.ts'

const pollMs = 150

export interface Outcomes {
  readonly stored: number
  readonly ignored: number
  readonly duplicate: number
  readonly rejected: number
  /** Batches that were not analysed within the time, or that the server does not remember. */
  readonly unknownBatches: number
}

export const noOutcomes: Outcomes = { stored: 0, ignored: 0, duplicate: 0, rejected: 0, unknownBatches: 0 }

export const addOutcomes = (a: Outcomes, b: Outcomes): Outcomes => ({
  stored: a.stored + b.stored,
  ignored: a.ignored + b.ignored,
  duplicate: a.duplicate + b.duplicate,
  rejected: a.rejected + b.rejected,
  unknownBatches: a.unknownBatches + b.unknownBatches,
})

/** What became of the records of these bodies, asked of the server until it knows or `waitMs` have passed. */
export const awaitOutcomes = async (
  client: ApiClient,
  bodies: readonly Sent[],
  options: { readonly realm: string; readonly waitMs: number },
): Promise<Outcomes> => {
  const until = performance.now() + options.waitMs
  let sum = noOutcomes
  for (const body of bodies) {
    const counts = await outcomeOf(client, body.batchId, { ...options, until })
    sum = addOutcomes(sum, counts === null ? { ...noOutcomes, unknownBatches: 1 } : outcomesOfThis(body, counts))
  }
  return sum
}

/**
 * The server counts everything that came under one id. What is beyond this body came before it: from an attempt of ours
 * that was cut off, or from somebody who sent the same body earlier, and then all of this one was known already.
 */
const outcomesOfThis = ({ accepted, attempts }: Sent, counts: RecordCounts): Outcomes => {
  const { stored, ignored, duplicate, rejected } = counts
  const before = stored + ignored + duplicate + rejected - accepted
  if (before > 0 && attempts === 1) return { ...noOutcomes, duplicate: accepted }
  return { stored, ignored, duplicate: Math.max(0, duplicate - Math.max(0, before)), rejected, unknownBatches: 0 }
}

const outcomeOf = async (
  client: ApiClient,
  batchId: string,
  options: { readonly realm: string; readonly until: number },
): Promise<RecordCounts | null> => {
  for (;;) {
    const batch = await readBatch(client, batchId, options.realm)
    if (batch === null) return null
    if (batch.state === 'done') return batch.records
    if (performance.now() + pollMs > options.until) return null
    await delay(pollMs)
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
