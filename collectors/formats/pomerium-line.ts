import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'
import { flatten } from '../../src/event/flatten.ts'
import { parseTime } from '../../src/event/parse-time.ts'
import { parseTraceparent } from '../../src/event/parse-traceparent.ts'
import { parseUserAgent } from '../../src/event/parse-user-agent.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext, JsonObject, RecordOrigin } from '../../src/ingest/format.ts'

/** A field as text; `''` for whatever is no string. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A field as a finite number, `null` for whatever is none. Numbers with more digits than a double keeps are rounded. */
export const numberOf = (value: unknown): number | null => {
  const number = typeof value === 'object' && value !== null ? Number(JSON.stringify(value)) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** A field as an object (a number with its digits is none); `undefined` for whatever is none. */
export const objectOf = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined

/** A list of strings. What is no string in it, or no list, becomes its JSON text; empty for what is not there. */
export const textsOf = (value: unknown): readonly string[] => {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null ? [JSON.stringify(value)] : []
  const items: readonly unknown[] = value
  return items.every((item) => typeof item === 'string') ? items : items.map((item) => JSON.stringify(item))
}

/**
 * Pomerium's lines have no id of their own that could tell a redelivery: a client's own `x-request-id` is kept, so an
 * agent that repeats one would have its later lines dropped as duplicates. Their position tells.
 */
export const noVendorId = ''

/** The first label of a host name (`github-mcp.example.com:443` → `github-mcp`); an address stays whole, without its port. */
export const firstLabel = (host: string): string => {
  if (host.startsWith('[')) return host.slice(0, host.indexOf(']') + 1)
  const name = host.split(':', 1)[0] ?? ''
  return /^[\d.]+$/.test(name) ? name : (name.split('.', 1)[0] ?? '')
}

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

/** Keeps a value that no field takes. */
export const keep = (event: ActivityEvent, path: string, value: unknown): void =>
  flatten(event.attributes as Record<string, string>, path, value)

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

/** A user agent names the client as it likes to be called: a claim, never an identity. */
export const readUserAgent = (event: ActivityEvent, userAgent: string): boolean => {
  event.userAgent = userAgent
  const { clientName, clientVersion } = parseUserAgent(userAgent)
  event.clientName = clientName
  event.clientVersion = clientVersion
  return true
}
