import type { StoreClient } from '../client.ts'

/** A span that a layer saw of a call. */
interface OriginalSpan {
  readonly traceId: string
  readonly spanId: string
}

interface Row {
  readonly event_id: string
  readonly trace_id: string
  readonly span: string
}

const eventsPerQuery = 1000

/** The spans that events know, by event id; where a layer knows only the sender's span it is that. */
export const readOriginalSpans = async (
  client: StoreClient,
  realm: string,
  eventIds: readonly string[],
): Promise<ReadonlyMap<string, OriginalSpan>> => {
  const spans = new Map<string, OriginalSpan>()
  for (let at = 0; at < eventIds.length; at += eventsPerQuery) {
    const rows = await client.query<Row>(
      `SELECT event_id, trace_id, if(span_id != '', span_id, parent_span_id) AS span FROM events
        WHERE realm = {realm:String} AND event_id IN {ids:Array(String)} AND trace_id != '' LIMIT {limit:UInt32}`,
      { realm, ids: eventIds.slice(at, at + eventsPerQuery), limit: eventsPerQuery },
    )
    for (const { event_id, trace_id, span } of rows) {
      if (isId(trace_id, 32) && isId(span, 16)) spans.set(event_id, { traceId: trace_id, spanId: span })
    }
  }
  return spans
}

/** Decision events of others carry whatever their sender put there. */
const isId = (text: string, digits: number): boolean =>
  text.length === digits && /^[0-9a-f]+$/.test(text) && !/^0+$/.test(text)
