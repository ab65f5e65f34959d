import type { ActivityEvent } from '../../src/event/event.ts'
import { parseTraceparent } from '../../src/event/parse-traceparent.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext } from '../../src/ingest/format.ts'
import { objectOf, textOf } from './field-values.ts'
import { keep } from './keep.ts'
import { readUserAgent } from './read-user-agent.ts'

/**
 * Reads the logged request headers, whose names are Canonical-Case in authorize lines and lower-case in access lines.
 * What an event has a field for goes there; the rest is kept. Returns the session tokens that must not stay in the line.
 */
export const readPomeriumHeaders = (
  event: ActivityEvent,
  value: unknown,
  context: FormatContext,
): readonly SealedValue[] => {
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
