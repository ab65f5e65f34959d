import type { DeadLetterShape, EventShape, PayloadShape, ReadModel } from '../../api/read-model.ts'
import type { StoreClient } from '../client.ts'
import { eventsTable } from '../tables/events.ts'
import { asked, microsRange, ofRealm, readOne, readPage } from './page.ts'
import { rfcTime } from './times.ts'

const columns = eventsTable.columns.map(({ name }) => `\`${name}\``).join(', ')
/** Column, its name in answers, and whether it is a time. */
const fields = eventsTable.columns.map(({ name, type }) => ({
  column: name,
  field: name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()),
  isTime: type.includes('DateTime64'),
}))

/** The events that a call is merged from: its layers name them. */
const eventsOfCall = `(SELECT JSONExtractString(view, 'eventId') FROM agent_calls ARRAY JOIN JSONExtractArrayRaw(layers) AS view
  WHERE realm = {realm:String} AND (id = {call:String} OR has(aliases, {call:String})))`

export type EventReader = Pick<ReadModel, 'deadLetters' | 'event' | 'events' | 'payload'>

export const createEventReader = (client: StoreClient, now: () => Date): EventReader => ({
  event: async (realm, id) => {
    const clauses = [ofRealm(realm), { sql: 'event_id = {id:String}', params: { id } }]
    const row = await readOne<EventColumns>(client, { table: 'events', columns, clauses })
    return row === null ? null : eventShape(row)
  },
  payload: async (realm, id) => {
    const clauses = [ofRealm(realm), { sql: 'event_id = {id:String}', params: { id } }]
    const columns = 'event_id AS eventId, raw, arguments, result'
    return readOne<PayloadShape>(client, { table: 'payloads', columns, clauses })
  },
  events: async (realm, filter, page) => {
    const { items, nextCursor } = await readPage<EventColumns>(
      client,
      {
        table: 'events',
        columns,
        timeColumn: 'time',
        idColumn: 'event_id',
        order: 'newestFirst',
        firstSpanUs: 300_000_000,
        clauses: [
          ofRealm(realm),
          ...asked('kind', filter.kind, 'kind = {kind:String}'),
          ...asked('call', filter.call, `event_id IN ${eventsOfCall}`),
        ],
        range: microsRange(filter, now()),
      },
      page,
    )
    return { items: items.map(eventShape), nextCursor }
  },
  deadLetters: async (realm, range, page) => {
    const { items, nextCursor } = await readPage<DeadLetterColumns>(
      client,
      {
        table: 'dead_letters',
        columns: 'record_id, first_written, source, format, source_position, reason, raw, raw_bytes',
        timeColumn: 'first_written',
        idColumn: 'record_id',
        order: 'newestFirst',
        clauses: [ofRealm(realm)],
        range: microsRange(range, now()),
      },
      page,
    )
    return { items: items.map(deadLetterShape), nextCursor }
  },
})

type EventColumns = Readonly<Record<string, unknown>>

const eventShape = (row: EventColumns): EventShape => {
  const shape: Record<string, unknown> = {}
  for (const { column, field, isTime } of fields) {
    const value = row[column]
    shape[field] = isTime && typeof value === 'string' ? rfcTime(value) : value
  }
  return { ...shape, eventId: String(shape['eventId']), time: String(shape['time']) }
}

interface DeadLetterColumns {
  readonly record_id: string
  readonly first_written: string
  readonly source: string
  readonly format: string
  readonly source_position: number
  readonly reason: string
  readonly raw: string
  readonly raw_bytes: number
}

const deadLetterShape = (row: DeadLetterColumns): DeadLetterShape => ({
  recordId: row.record_id,
  time: rfcTime(row.first_written),
  source: row.source,
  format: row.format,
  sourcePosition: row.source_position,
  reason: row.reason,
  raw: row.raw,
  rawBytes: row.raw_bytes,
})
