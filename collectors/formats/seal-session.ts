import type { ActivityEvent } from '../../src/event/event.ts'
import type { SealedValue } from '../../src/event/seal-strings.ts'
import type { FormatContext } from '../../src/ingest/format.ts'
import type { SourceFields } from './source-fields.ts'

/** Reads an MCP session id as its keyed hash. Returns the ids that must not stay in the line. */
export const sealSession = (
  event: ActivityEvent,
  from: { readonly fields: SourceFields; readonly context: FormatContext },
  ...path: readonly string[]
): readonly SealedValue[] => {
  const value = from.fields.text(...path)
  // Stateless requests have none, which is no credential to blot out.
  if (from.fields.peek(...path) === null) from.fields.drop(...path)
  if (value === '') return []
  event.mcpSessionId = from.context.sealToken(value)
  return [{ value, replacement: event.mcpSessionId }]
}
