import type { ActivityEvent } from '../../src/event/event.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext } from '../../src/ingest/format.ts'

const sessionParameter = /[?&]session_?id=([^&#]+)/i

/**
 * The session's id in the path, where the older HTTP+SSE transport has it (`/sse?sessionId=…`): its hash takes its place,
 * and is the event's session if no header named one.
 */
export const sealPathSession = (event: ActivityEvent, context: FormatContext): readonly SealedValue[] => {
  const value = sessionParameter.exec(event.urlPath)?.[1] ?? ''
  if (value === '') return []
  const replacement = context.sealToken(value)
  event.urlPath = event.urlPath.replace(value, replacement)
  if (event.mcpSessionId === '') event.mcpSessionId = replacement
  return [{ value, replacement }]
}
