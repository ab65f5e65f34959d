import { z } from 'zod'
import type { ApiClient } from '../api-client.ts'
import { readList } from '../read-list.ts'
import { sessionShape } from '../shapes.ts'
import { type Check, fine, hint, skipped } from './check.ts'

const seenShape = z.looseObject({
  source: z.string(),
  time: z.string(),
  httpRequestId: z.string().default(''),
  traceId: z.string().default(''),
})
type Seen = z.infer<typeof seenShape>
type Session = Pick<z.infer<typeof sessionShape>, 'basis' | 'calls' | 'client' | 'user' | 'agent'>

const sampleMax = 1_000
/** Fewer sessions of one client and user than this in a day may be honest short ones. */
const sessionsMin = 20
/** What comes with one tool call where a session is opened for it: `initialize`, its notification, a list of tools. */
const callsMax = 4
/** Fewer requests that two sources saw than this say nothing of their clocks. */
const pairsMin = 5
/** Layers that share no id are joined within two seconds, of which the request itself takes some. */
const skewMsMax = 1_500

/** What the newest events and sessions tell about how well calls and sessions can be put together. */
export const checkCorrelation = async (client: ApiClient, now: Date): Promise<readonly Check[]> => {
  const query = { from: new Date(now.getTime() - 24 * 3_600_000).toISOString() }
  const events = await readList(client, { path: '/api/v1/events', query, limit: sampleMax, item: seenShape })
  const sessions = await readList(client, { path: '/api/v1/sessions', query, limit: sampleMax, item: sessionShape })
  return [checkSkew(events.items), checkSessionPerCall(sessions.items)]
}

/** How far apart two sources see the same requests, by the ids that both log. */
export const checkSkew = (events: readonly Seen[]): Check => {
  const name = 'skew'
  const estimates = [...gapsBySources(events)]
    .filter(([, gapsMs]) => gapsMs.length >= pairsMin)
    .map(([sources, gapsMs]) => ({ sources, gapMs: medianOf(gapsMs) }))
  if (estimates.length === 0) return skipped(name, 'no two sources that log the same request ids or traces')
  const text = estimates.map(({ sources: [a, b], gapMs }) => textOf(a, b, gapMs)).join('; ')
  if (estimates.every(({ gapMs }) => Math.abs(gapMs) <= skewMsMax)) return fine(name, text)
  return hint(
    name,
    text,
    'Set the clocks by NTP. Requests that share no id are told apart by time: within 2 s, or 4 s in the same MCP session.',
  )
}

const textOf = (a: string, b: string, gapMs: number): string =>
  `${b} sees requests ${(Math.abs(gapMs) / 1000).toFixed(1)} s ${gapMs < 0 ? 'before' : 'after'} ${a}`

/** Of each two sources, in order of their names, how much later the second saw each request. */
const gapsBySources = (events: readonly Seen[]): ReadonlyMap<readonly [string, string], readonly number[]> => {
  const gaps = new Map<string, { readonly sources: readonly [string, string]; readonly gapsMs: number[] }>()
  for (const firstMs of startsByRequest(events)) {
    const sources = [...firstMs.keys()].sort()
    for (const [at, a] of sources.entries()) {
      for (const b of sources.slice(at + 1)) {
        const key = JSON.stringify([a, b])
        const known = gaps.get(key) ?? { sources: [a, b] as const, gapsMs: [] }
        known.gapsMs.push((firstMs.get(b) ?? 0) - (firstMs.get(a) ?? 0))
        gaps.set(key, known)
      }
    }
  }
  return new Map([...gaps.values()].map(({ sources, gapsMs }) => [sources, gapsMs]))
}

/** When each source saw a request first, for each request. */
const startsByRequest = (events: readonly Seen[]): Iterable<ReadonlyMap<string, number>> => {
  const requests = new Map<string, Map<string, number>>()
  for (const { source, time, httpRequestId, traceId } of events) {
    const id = httpRequestId || traceId
    if (id === '') continue
    const firstMs = requests.get(id) ?? new Map<string, number>()
    firstMs.set(source, Math.min(firstMs.get(source) ?? Number.POSITIVE_INFINITY, Date.parse(time)))
    requests.set(id, firstMs)
  }
  return requests.values()
}

const medianOf = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** A client that opens an MCP session for every call: the sessions' ids say nothing of what belongs together. */
export const checkSessionPerCall = (sessions: readonly Session[]): Check => {
  const name = 'session per call'
  const byClient = new Map<string, Session[]>()
  for (const session of sessions) {
    if (session.basis !== 'mcp_session' || session.client.name === '') continue
    const key = JSON.stringify([session.client.name, session.user.id || session.user.email || session.agent.id])
    byClient.set(key, [...(byClient.get(key) ?? []), session])
  }
  const found = [...byClient.values()].filter(isSessionPerCall).map(([session]) => session?.client.name ?? '')
  const names = [...new Set(found)].sort()
  if (names.length === 0) {
    return byClient.size === 0 ? skipped(name, 'no MCP sessions in the last day') : fine(name, 'no client does that')
  }
  return hint(
    name,
    `${names.join(', ')} seems to open an MCP session for every call, so each call is a session of its own`,
    `If that is so, add to agenttrail.yaml: sessionPerCallClients: ${JSON.stringify(names)}. Its calls are then put together by login and client.`,
  )
}

const isSessionPerCall = (sessions: readonly Session[]): boolean =>
  sessions.length >= sessionsMin && sessions.filter(({ calls }) => calls <= callsMax).length * 10 >= sessions.length * 9
