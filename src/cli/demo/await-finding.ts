import { setTimeout as delay } from 'node:timers/promises'
import type { ApiClient } from '../api-client.ts'
import { readList } from '../read-list.ts'
import { actionShape, type FindingShape, findingShape } from '../shapes.ts'

const pollMs = 250

/** The newest finding of the story that began at `startMs`, once it is stored; `null` after `waitMs`. */
export const awaitFinding = async (
  client: ApiClient,
  options: { readonly startMs: number; readonly waitMs: number; readonly signal: AbortSignal },
): Promise<FindingShape | null> => {
  const query = { from: new Date(options.startMs).toISOString() }
  const until = performance.now() + options.waitMs
  for (;;) {
    const { items } = await readList(client, { path: '/api/v1/findings', query, limit: 1, item: findingShape })
    if (items[0] !== undefined) return items[0]
    if (performance.now() > until) return null
    await delay(pollMs, undefined, { signal: options.signal })
  }
}

/** The kind and state of each action of a finding, such as `flag: enforced`. */
export const actionsOf = async (client: ApiClient, finding: FindingShape): Promise<readonly string[]> => {
  const query = { finding: finding.id }
  const { items } = await readList(client, { path: '/api/v1/actions', query, limit: 10, item: actionShape })
  return items.map((action) => `${action.kind}: ${stateText(action.state)}`)
}

const stateText = (state: string): string => state.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
