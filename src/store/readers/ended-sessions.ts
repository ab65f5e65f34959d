import type { StoreClient } from '../client.ts'

/** A session whose last call lies behind the idle time. */
interface EndedSession {
  readonly realm: string
  readonly id: string
}

/** A place in a list that is read in pages: what has been told lies before it. */
interface Place {
  readonly at: number
  readonly id: string
}

/** Sessions are looked for among those that began in the last days; one that lasts longer is told when it changes. */
const sessionMsMax = 7 * 86_400_000

/**
 * Tells which sessions have ended, or were written again after their end, since it was asked last; each call gives a page
 * of both. It begins with those that had not ended when the store was written last, so that what ended while nothing ran is
 * told too.
 */
export const createEndedSessions = (
  client: StoreClient,
  options: { readonly now: () => Date; readonly idleMs: number },
): ((limit: number) => Promise<readonly EndedSession[]>) => {
  let ended: Place | null = null
  let changed: Place = { at: 0, id: '' }
  return async (limit) => {
    const throughMs = options.now().getTime() - options.idleMs
    const newest = await newestOf(client)
    if (ended === null) {
      ended = { at: Math.min(newest.endMs - options.idleMs, throughMs), id: '' }
      changed = { at: newest.mark, id: '' }
    }
    // First what changed: a session that ends now and changes later is then told again, and not the other way round.
    const again = await client.query<PlacedRow>(changedSql, {
      at: changed.at,
      atId: changed.id,
      through: newest.mark,
      endedMs: ended.at,
      limit,
    })
    const over = await client.query<PlacedRow>(endedSql, {
      at: ended.at,
      atId: ended.id,
      through: throughMs,
      fromMs: ended.at - sessionMsMax,
      limit,
    })
    changed = placeBehind(again, { limit, end: newest.mark })
    ended = placeBehind(over, { limit, end: throughMs })
    return [...again, ...over].map(({ realm, id }) => ({ realm, id }))
  }
}

interface PlacedRow extends EndedSession {
  readonly at: string
}

const newestOf = async (client: StoreClient): Promise<{ readonly endMs: number; readonly mark: number }> => {
  const [row] = await client.query<{ readonly end_ms: string; readonly mark: string }>(
    'SELECT toUnixTimestamp64Milli(max(end_time)) AS end_ms, max(log_mark) AS mark FROM sessions',
    {},
  )
  return { endMs: Number(row?.end_ms ?? 0), mark: Number(row?.mark ?? 0) }
}

const changedSql = `SELECT realm, id, log_mark AS at FROM sessions FINAL
  WHERE sign = 1 AND (log_mark, id) > ({at:UInt64}, {atId:String}) AND log_mark <= {through:UInt64}
    AND end_time <= fromUnixTimestamp64Milli({endedMs:Int64}, 'UTC')
  ORDER BY log_mark, id LIMIT {limit:UInt32}`

const endedSql = `SELECT realm, id, toUnixTimestamp64Milli(end_time) AS at FROM sessions FINAL
  WHERE sign = 1 AND (toUnixTimestamp64Milli(end_time), id) > ({at:Int64}, {atId:String})
    AND end_time <= fromUnixTimestamp64Milli({through:Int64}, 'UTC')
    AND start_time > fromUnixTimestamp64Milli({fromMs:Int64}, 'UTC')
  ORDER BY at, id LIMIT {limit:UInt32}`

/** A page that is not full was the last: on from the end of the range. */
const placeBehind = (
  rows: readonly PlacedRow[],
  { limit, end }: { readonly limit: number; readonly end: number },
): Place => {
  const last = rows.at(-1)
  // No id sorts behind this one, so all of `end` itself is told.
  return rows.length < limit || last === undefined ? { at: end, id: '\uffff' } : { at: Number(last.at), id: last.id }
}
