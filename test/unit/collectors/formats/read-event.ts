import type { ActivityEvent } from '../../../../src/event/event.ts'
import type { Format, FormatResult } from '../../../../src/ingest/format.ts'

const origin = {
  recordId: 'r',
  realm: 'default',
  source: 'test',
  sourcePosition: 7,
  observedTimeUs: 1_787_400_000_000_000,
}

/** What a format makes of one record that it must be able to read; tokens are sealed to `sealed(…)`. */
export const readRecord = (format: Format, record: object, source = 'test'): FormatResult => {
  const value = JSON.parse(JSON.stringify(record)) as Record<string, unknown>
  const read = format.read(value, { ...origin, source }, { sealToken: (token) => `sealed(${token})` })
  if (read.kind !== 'ok') throw new Error(`${read.kind}: ${read.reason}`)
  return read.value
}

/** The only event of such a record. */
export const readEvent = (format: Format, record: object): ActivityEvent => {
  const [event, ...more] = readRecord(format, record).events
  if (event === undefined || more.length > 0) throw new Error('not exactly one event')
  return event
}
