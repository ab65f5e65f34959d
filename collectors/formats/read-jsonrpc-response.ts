import type { ActivityEvent } from '../../src/event/event.ts'
import type { JsonObject } from '../../src/ingest/format.ts'
import { objectOf, textOf } from './field-values.ts'
import type { SourceFields } from './source-fields.ts'

/**
 * Reads the body of an MCP response that a gateway logged. HTTP 200 hides errors of the protocol and of the tool, so what
 * the gateway took for a success gives way to what the body says; nothing else does.
 */
export const readJsonrpcResponse = (event: ActivityEvent, fields: SourceFields, ...path: readonly string[]): void => {
  const body = fields.peek(...path)
  event.result = fields.json(...path)
  if (body === null) fields.drop(...path)
  const response = responseOf(body)
  if (response === undefined || event.outcome !== 'success') return
  const error = objectOf(response['error'])
  if (error !== undefined) {
    event.outcome = 'protocol_error'
    event.errorType = codeOf(error['code'])
    event.errorMessage = textOf(error['message'])
  } else if (objectOf(response['result'])?.['isError'] === true) event.outcome = 'tool_error'
}

/** The response itself, or the last message that is one in the text of an event stream. */
const responseOf = (body: unknown): JsonObject | undefined => {
  if (typeof body !== 'string') return objectOf(body)
  let response: JsonObject | undefined
  for (const line of body.split('\n')) {
    if (!line.startsWith('data:')) continue
    const message = parsed(line.slice('data:'.length))
    if (message !== undefined && ('result' in message || 'error' in message)) response = message
  }
  return response
}

const parsed = (text: string): JsonObject | undefined => {
  try {
    return objectOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

const codeOf = (code: unknown): string => (typeof code === 'number' || typeof code === 'string' ? String(code) : '')
