import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'
import { flatten } from '../../src/event/flatten.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import { parseTraceparent } from '../../src/event/parse-traceparent.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'
import { objectOf, textOf } from './field-values.ts'
import { keep } from './keep.ts'
import { readUserAgent } from './read-user-agent.ts'

/**
 * Pomerium's lines have no id of their own that could tell a redelivery: a client's own `x-request-id` is kept, so an
 * agent that repeats one would have its later lines dropped as duplicates. Their position tells.
 */
export const noVendorId = ''

/** An event of a Pomerium line with what all of them share; `undefined` if the line has no usable time. */
export const pomeriumEvent = (line: JsonObject, origin: RecordOrigin): ActivityEvent | undefined => {
  const time = parseTime(line['time'])
  if (time === undefined) return undefined
  const event = emptyEvent()
  event.eventId = `${origin.recordId}.0`
  event.realm = origin.realm
  event.layer = 'proxy'
  event.product = 'pomerium'
  event.format = 'pomerium'
  event.source = origin.source
  event.sourcePosition = origin.sourcePosition
  event.observedTimeUs = origin.observedTimeUs
  event.timeUs = time.timeUs
  event.timePrecisionUs = time.precisionUs
  event.httpRequestId = textOf(line['request-id'])
  return event
}

/** The keys that have gone into an event's fields, each with the type it was read as. */
export type TakenKeys = ReadonlyMap<string, 'string' | 'number' | 'boolean' | 'object' | 'any'>

/** Keeps every key of a line that no field took, and every value that no field could take because of its type. */
export const keepRest = (event: ActivityEvent, line: JsonObject, taken: TakenKeys): void => {
  const attributes = event.attributes as Record<string, string>
  for (const key of Object.keys(line)) {
    const type = taken.get(key)
    const value = line[key]
    if (type !== 'any' && (type !== typeof value || value === null)) flatten(attributes, key, value)
  }
  if (line['level'] !== 'info') flatten(attributes, 'level', line['level'] ?? '')
}

/**
 * Reads the logged request headers, whose names are Canonical-Case in authorize lines and lower-case in access lines.
 * What an event has a field for goes there; the rest is kept. Returns the session tokens that must not stay in the line.
 */
export const readHeaders = (event: ActivityEvent, value: unknown, context: FormatContext): readonly SealedValue[] => {
  const headers = objectOf(value)
  if (headers === undefined) return nothingSealed
  const sealed: SealedValue[] = []
  for (const name of Object.keys(headers)) {
    const text = textOf(headers[name])
    const lower = name.toLowerCase()
    if (lower === 'mcp-session-id' && text !== '') sealed.push(sealSession(event, { name, text }, context))
    else if (!readHeader(event, lower, text)) keep(event, `headers.${name}`, headers[name])
  }
  return sealed
}

const nothingSealed: readonly SealedValue[] = []

const sealSession = (
  event: ActivityEvent,
  header: { readonly name: string; readonly text: string },
  context: FormatContext,
): SealedValue => {
  const replacement = context.sealToken(header.text)
  if (event.mcpSessionId === '') event.mcpSessionId = replacement
  else keep(event, `headers.${header.name}`, replacement)
  return { value: header.text, replacement }
}

/** Whether the header went into a field. */
const readHeader = (event: ActivityEvent, name: string, text: string): boolean => {
  if (text === '') return false
  if (name === 'user-agent') return event.userAgent === '' ? readUserAgent(event, text) : event.userAgent === text
  if (name !== 'traceparent') return false
  const { traceId, spanId } = parseTraceparent(text)
  event.traceId = traceId
  // The span that the header names is the sender's, so it is the parent of what Pomerium saw.
  event.parentSpanId = spanId
  return traceId !== ''
}
