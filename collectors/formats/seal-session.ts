import type { ActivityEvent } from '../../src/event/event.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext } from '../../src/ingest/format.ts'
import type { SourceFields } from './source-fields.ts'

/** Gives the event an MCP session id, if there is one, as its keyed hash. Returns the ids that must not stay in the line. */
export const sealSessionId = (event: ActivityEvent, value: string, context: FormatContext): readonly SealedValue[] => {
  if (value === '') return []
  event.mcpSessionId = context.sealToken(value)
  return [{ value, replacement: event.mcpSessionId }]
}

/** The same for the id at a path of the record. */
export const sealSession = (
  event: ActivityEvent,
  from: { readonly fields: SourceFields; readonly context: FormatContext },
  ...path: readonly string[]
): readonly SealedValue[] => {
  const value = from.fields.text(...path)
  // Stateless requests have none, which is no credential to blot out.
  if (from.fields.peek(...path) === null) from.fields.drop(...path)
  return sealSessionId(event, value, from.context)
}
