import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTraceparent } from '../../src/event/parse-traceparent.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext } from '../../src/ingest/format.ts'
import { objectOf } from './field-values.ts'
import { keep } from './keep.ts'
import { readUserAgent } from './read-user-agent.ts'
import type { SourceFields } from './source-fields.ts'

/**
 * Reads the HTTP headers that a gateway logged as Go does (`{"User-Agent":["…"]}`) or as plain text. What an event has a field
 * for goes there; the rest is kept under its name. Returns the session tokens that must not stay in the line.
 */
export const readHeaders = (
  event: ActivityEvent,
  from: { readonly fields: SourceFields; readonly context: FormatContext },
  ...path: readonly string[]
): readonly SealedValue[] => {
  const headers = objectOf(from.fields.peek(...path))
  if (headers === undefined) return []
  from.fields.drop(...path)
  return Object.entries(headers).flatMap(([name, value]) => {
    const header = { name: name.toLowerCase(), path: [...path, name].join('.'), value }
    if (header.name === 'mcp-session-id') return sealIds(event, header, from.context)
    const text = textOfHeader(value)
    if (!readHeader(event, header.name, text)) keep(event, header.path, text ?? value)
    return []
  })
}

/** Seals every id that the header has: there should be one. */
const sealIds = (
  event: ActivityEvent,
  header: { readonly path: string; readonly value: unknown },
  context: FormatContext,
): readonly SealedValue[] => {
  const ids: readonly unknown[] = Array.isArray(header.value) ? header.value : [header.value]
  return ids.flatMap((value) => {
    const replacement = typeof value === 'string' ? context.sealToken(value) : ''
    if (event.mcpSessionId === '') event.mcpSessionId = replacement
    if (event.mcpSessionId !== replacement) keep(event, header.path, replacement || value)
    return typeof value === 'string' && value !== '' ? [{ value, replacement }] : []
  })
}

/** A header's only value; one with several values is kept as it is. */
const textOfHeader = (value: unknown): string | undefined => {
  const only: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value
  return typeof only === 'string' && only !== '' ? only : undefined
}

/** Whether the header went into a field, or says what one says already. */
const readHeader = (event: ActivityEvent, name: string, text = ''): boolean => {
  if (text === '') return false
  if (name === 'user-agent') return event.userAgent === '' ? readUserAgent(event, text) : event.userAgent === text
  if (name === 'x-request-id') {
    if (event.httpRequestId === '') event.httpRequestId = text
    return event.httpRequestId === text
  }
  if (name !== 'traceparent' || event.traceId !== '') return false
  const { traceId, spanId } = parseTraceparent(text)
  event.traceId = traceId
  event.parentSpanId = spanId
  return traceId !== ''
}
