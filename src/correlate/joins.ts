import type { ActivityEvent } from '../event/event.ts'
import type { Call } from './call.ts'
import { type Entity, EntityTable, fresh } from './entity-table.ts'
import { keyOf } from './logins.ts'

/** The events that share an id, and the calls that they are split into. */
export interface Join extends Entity {
  readonly id: string
  keys: string[]
  /** Events of calls that can still change, and access lines whose call is not known yet. */
  events: ActivityEvent[]
  calls: Call[]
  /** Final calls whose usual layers are not all in: their access line may come hours later. */
  remembered: Call[]
  /** Login sessions that its events name: a token line about one of them is a reason to look again. */
  logins: string[]
  firstSeenMs: number
}

/** Finds the events that belong together: connected by the ids they carry, whatever the order of arrival. */
export class Joins {
  readonly table = new EntityTable<Join>('joins')
  readonly #byKey = new Map<string, Join>()

  /** The join of an event; several become one where the event carries the ids of both. */
  of(event: ActivityEvent, tickMs: number): Join {
    const keys = joinKeys(event)
    let join: Join | null = null
    for (const key of keys) {
      const found = this.#byKey.get(key)
      if (found === undefined || found === join) continue
      join = join === null ? found : this.#merge(join, found)
    }
    if (join === null) {
      join = this.table.add(event.eventId, {
        ...fresh,
        id: event.eventId,
        keys: [],
        events: [],
        calls: [],
        remembered: [],
        logins: [],
        firstSeenMs: tickMs,
      })
    } else this.table.touch(join.id, join)
    for (const key of keys) {
      if (this.#byKey.get(key) === join) continue
      this.#byKey.set(key, join)
      join.keys.push(key)
    }
    return join
  }

  delete(join: Join): void {
    for (const key of join.keys) if (this.#byKey.get(key) === join) this.#byKey.delete(key)
    this.table.delete(join.id)
  }

  reindex(): void {
    this.#byKey.clear()
    for (const join of this.table.values()) for (const key of join.keys) this.#byKey.set(key, join)
  }

  #merge(a: Join, b: Join): Join {
    const [into, from] =
      a.firstSeenMs < b.firstSeenMs || (a.firstSeenMs === b.firstSeenMs && a.id < b.id) ? [a, b] : [b, a]
    this.table.touch(into.id, into)
    this.table.touch(from.id, from)
    for (const call of [...from.calls, ...from.remembered]) call.joinId = into.id
    into.events = [...into.events, ...from.events]
    into.calls = [...into.calls, ...from.calls]
    into.remembered = [...into.remembered, ...from.remembered]
    into.logins = [...new Set([...into.logins, ...from.logins])]
    for (const key of from.keys) {
      this.#byKey.set(key, into)
      into.keys.push(key)
    }
    from.keys = []
    this.table.delete(from.id)
    return into
  }
}

/** `DESIGN.md` §6: trace id with what was asked for, and the HTTP request id. An event without either is on its own. */
const joinKeys = (event: ActivityEvent): string[] => {
  const keys: string[] = []
  if (event.httpRequestId !== '') keys.push(keyOf(event.realm, `r${event.httpRequestId}`))
  if (event.traceId !== '' && event.jsonrpcId !== '') {
    keys.push(keyOf(event.realm, `t${event.traceId}\u0000${event.jsonrpcId}\u0000${event.method}\u0000${event.tool}`))
  }
  return keys
}
