import { setTimeout as delay } from 'node:timers/promises'
import { AgenttrailError } from '../../errors.ts'
import type { ApiClient } from '../api-client.ts'
import { readList } from '../read-list.ts'
import { type ActionShape, actionShape, findingShape, sessionShape } from '../shapes.ts'

const pollMs = 100
const waitMs = 60_000

export interface AwaitedAction {
  readonly agentId: string
  readonly kind: 'hold' | 'revoke'
  readonly state: string
}

/** The action about an agent once it has been in a state. Throws where that takes too long. */
export const awaitAction = (
  client: ApiClient,
  { agentId, kind, state }: AwaitedAction,
  signal: AbortSignal,
): Promise<ActionShape> =>
  untilThere(`No ${kind} of ${agentId} was ${state}`, signal, async () => {
    const actions = await actionsOn(client, agentId)
    return actions.find(
      (action) => action.kind === kind && action.transitions.some((transition) => transition.state === state),
    )
  })

/** A session of the agent once it is stored: then everything has started. */
export const awaitSession = (client: ApiClient, agentId: string, signal: AbortSignal): Promise<object> =>
  untilThere(`No session of ${agentId} was stored`, signal, async () => {
    const query = { agent: agentId }
    const { items } = await readList(client, { path: '/api/v1/sessions', query, limit: 1, item: sessionShape })
    return items[0]
  })

const untilThere = async <T>(
  complaint: string,
  signal: AbortSignal,
  look: () => Promise<T | undefined>,
): Promise<T> => {
  for (const until = performance.now() + waitMs; performance.now() < until; ) {
    const found = await look()
    if (found !== undefined) return found
    await delay(pollMs, undefined, { signal })
  }
  throw new AgenttrailError('AGT_SERVER_UNREACHABLE', `${complaint} within ${waitMs / 1000} s.`)
}

const actionsOn = async (client: ApiClient, agentId: string): Promise<readonly ActionShape[]> => {
  const findings = await readList(client, {
    path: '/api/v1/findings',
    query: { agent: agentId },
    limit: 10,
    item: findingShape,
  })
  const actions = await Promise.all(
    findings.items.map(({ id }) =>
      readList(client, { path: '/api/v1/actions', query: { finding: id }, limit: 10, item: actionShape }),
    ),
  )
  return actions.flatMap(({ items }) => items)
}

/** Milliseconds from `sinceMs` until each state that the action has been in. */
export const timesOf = (action: ActionShape, sinceMs: number): string =>
  action.transitions
    .map(
      ({ state, time }) => `${state === 'proposed' ? 'finding' : state} ${Math.max(0, Date.parse(time) - sinceMs)} ms`,
    )
    .join(' → ')
