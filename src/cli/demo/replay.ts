import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../api-client.ts'
import { sendRecords } from '../send-records.ts'
import type { StoryRecord } from './story.ts'

const stepMs = 250

export interface ReplayOptions {
  readonly story: readonly StoryRecord[]
  readonly startMs: number
  /** How many seconds of the story pass in one. */
  readonly speed: number
  readonly signal: AbortSignal
}

const sources = { pomerium: 'demo-pomerium', agenttrail: 'demo-gateway' } as const

/** Sends the story through the intake as its time passes: what a log shipper does, only quicker. */
export const replay = async (client: ApiClient, { story, startMs, speed, signal }: ReplayOptions): Promise<void> => {
  let next = 0
  for (let passedMs = 0; next < story.length; passedMs += stepMs * speed) {
    const from = next
    while (next < story.length && (story[next]?.writtenMs ?? 0) <= startMs + passedMs) next += 1
    const due = story.slice(from, next)
    for (const format of ['pomerium', 'agenttrail'] as const) {
      const lines = due.filter((record) => record.format === format).map((record) => record.line)
      if (lines.length === 0) continue
      const body = { offset: 0, bytes: Buffer.from(`${lines.join('\n')}\n`) }
      await sendRecords(client, body, { format, source: sources[format], realm: '', signal })
    }
    await delay(stepMs, undefined, { signal })
  }
}
