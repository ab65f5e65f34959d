import { z } from 'zod'
import type { ApiClient } from '../api-client.ts'
import { readList } from '../read-list.ts'
import { deadLetterShape } from '../shapes.ts'
import { type Check, fine, hint, skipped, wrong } from './check.ts'

const eventShape = z.looseObject({
  format: z.string(),
  source: z.string(),
  layer: z.string(),
  time: z.string(),
  observedTime: z.string(),
  method: z.string(),
  tool: z.string(),
  decision: z.string(),
})
type EventShape = z.infer<typeof eventShape>

const sampleMax = 1_000
/** Fewer lines than this say nothing. */
const linesMin = 5
const aheadMsMax = 5_000
const behindMsMax = 15 * 60_000

/** What the newest events and dead letters tell about how the sources are set up. */
export const checkTraffic = async (client: ApiClient, now: Date): Promise<readonly Check[]> => {
  const query = { from: new Date(now.getTime() - 24 * 3_600_000).toISOString() }
  const events = await readList(client, { path: '/api/v1/events', query, limit: sampleMax, item: eventShape })
  const letters = await readList(client, {
    path: '/api/v1/dead-letters',
    query,
    limit: sampleMax,
    item: deadLetterShape,
  })
  return [
    checkMcpFields(events.items),
    checkClocks(events.items),
    checkSources(
      events.items,
      letters.items.map((letter) => letter.source),
    ),
  ]
}

const mcpFields =
  'mcp-method, mcp-tool, mcp-tool-parameters, headers.User-Agent, headers.Mcp-Session-Id, headers.Traceparent'

/** Pomerium leaves out what was asked for unless `authorize_log_fields` names it. */
export const checkMcpFields = (events: readonly EventShape[]): Check => {
  const name = 'pomerium fields'
  const checks = events.filter(
    (event) => event.format === 'pomerium' && event.layer === 'proxy' && event.decision !== 'not_evaluated',
  )
  if (checks.length < linesMin) return skipped(name, 'too few authorize lines in the last day to tell')
  const withMethod = checks.filter((event) => event.method !== '')
  if (withMethod.length === 0) {
    return wrong(
      name,
      `none of ${checks.length} authorize lines says what was asked for`,
      `Add ${mcpFields} to authorize_log_fields in Pomerium's configuration. The setting replaces its defaults, so list those as well.`,
    )
  }
  const calls = withMethod.filter((event) => event.method === 'tools/call')
  if (calls.length >= linesMin && calls.every((event) => event.tool === '')) {
    return wrong(
      name,
      'tool calls come without the name of the tool',
      `Add mcp-tool to authorize_log_fields (all: ${mcpFields}).`,
    )
  }
  return fine(name, `${withMethod.length} of ${checks.length} authorize lines say what was asked for`)
}

/** A clock that is ahead, or lines that take long to arrive, by source. */
export const checkClocks = (events: readonly EventShape[]): Check => {
  const name = 'clocks'
  const delays = new Map<string, number[]>()
  for (const event of events) {
    const delayMs = Date.parse(event.observedTime) - Date.parse(event.time)
    delays.set(event.source, [...(delays.get(event.source) ?? []), delayMs])
  }
  const problems: string[] = []
  for (const [source, delaysMs] of delays) {
    const typicalMs = [...delaysMs].sort((a, b) => a - b)[Math.floor(delaysMs.length / 2)] ?? 0
    if (typicalMs < -aheadMsMax) problems.push(`the clock of ${source} is about ${secondsOf(-typicalMs)} ahead`)
    else if (typicalMs > behindMsMax)
      problems.push(`records of ${source} are about ${secondsOf(typicalMs)} old when they come`)
  }
  if (problems.length === 0)
    return delays.size === 0 ? skipped(name, 'no events in the last day') : fine(name, 'sources agree')
  return hint(
    name,
    problems.join('; '),
    'Set the clock by NTP, or ship sooner. Records later than AGENTTRAIL_LATENESS are stored, but findings on them come late.',
  )
}

/** A source most of whose records end as dead letters is read as the wrong format. */
export const checkSources = (events: readonly EventShape[], rejectedSources: readonly string[]): Check => {
  const name = 'sources'
  const stored = countBy(events.map((event) => event.source))
  const rejected = countBy(rejectedSources)
  const bad = [...rejected].filter(([source, count]) => count >= linesMin && count > (stored.get(source) ?? 0))
  if (bad.length > 0) {
    return wrong(
      name,
      `most records of ${bad.map(([source]) => source).join(', ')} are rejected`,
      'Check which format the source is read as: `agenttrail dead-letters` has the reasons.',
    )
  }
  return stored.size === 0
    ? skipped(name, 'no events in the last day')
    : fine(name, [...stored.keys()].sort().join(', '))
}

const countBy = (values: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

const secondsOf = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`
