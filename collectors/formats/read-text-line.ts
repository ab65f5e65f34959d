import type { JsonObject } from '../../src/ingest/format.ts'
import { type Outcome, ok } from '../../src/ingest/outcome.ts'
import { readAgentgatewayText } from './agentgateway-text.ts'
import { readSlogText } from './slog-text.ts'

/** A line of text that a vendor writes by default, as its JSON form would have it; `undefined` for what is none. */
export const readTextLine = (line: string): Outcome<JsonObject> | undefined => {
  // JSON needs no look, and that is nearly every line.
  if (line.startsWith('{')) return undefined
  const agentgateway = readAgentgatewayText(line)
  return agentgateway === undefined ? readSlogText(line) : ok(agentgateway)
}
