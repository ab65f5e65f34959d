import type { JsonObject } from '../../src/ingest/format.ts'
import { type Outcome, ok, rejected } from '../../src/ingest/outcome.ts'
import { objectOf, textOf } from './field-values.ts'

export interface OpenedEvent {
  readonly data: JsonObject
  readonly id: string
  readonly source: string
  /** Context attributes that have no other place. */
  readonly envelope: JsonObject
}

const taken: ReadonlySet<string> = new Set(['specversion', 'data', 'id', 'time'])

/** The event within a CloudEvents 1.0 structured envelope, or the event itself where there is no envelope. */
export const openCloudEvent = (value: JsonObject): Outcome<OpenedEvent> => {
  if (value['specversion'] === undefined) return ok({ data: value, id: textOf(value['id']), source: '', envelope: {} })
  if (value['specversion'] !== '1.0') return rejected('specversion: only CloudEvents "1.0" is read')
  if (value['data_base64'] !== undefined) return rejected('data_base64: send the event as JSON in data instead')
  const { data, id, source, type } = value
  for (const [name, attribute] of Object.entries({ id, source, type })) {
    if (typeof attribute !== 'string' || attribute === '')
      return rejected(`${name}: CloudEvents 1.0 requires this text`)
  }
  const inner = objectOf(data)
  if (inner === undefined) return rejected('data: put the event here, as a JSON object')
  const envelope = Object.fromEntries(Object.entries(value).filter(([key]) => !taken.has(key)))
  // The envelope's time and id stand in for those that the event itself does not have.
  const time = inner['time'] === undefined && value['time'] !== undefined ? { time: value['time'] } : {}
  const own = inner['id'] === undefined ? { id } : {}
  return ok({ data: { ...inner, ...time, ...own }, id: textOf(id), source: textOf(source), envelope })
}
