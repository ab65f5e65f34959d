import type { Format } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { textOf } from './field-values.ts'
import { keepRest, noVendorId, pomeriumEvent, type TakenKeys } from './pomerium-line.ts'

const taken: TakenKeys = new Map([
  ['level', 'any'],
  ['message', 'string'],
  ['time', 'string'],
  ['request-id', 'string'],
  ['error', 'string'],
])

/**
 * `error parsing MCP request from check request`: Pomerium could not tell which tool was asked for, so a policy that
 * denies a tool let the request pass. Joins its request by the request id.
 */
export const readParseFailure: Format['read'] = (line, origin) => {
  const event = pomeriumEvent(line, origin)
  if (event === undefined) return rejected('time is missing or not RFC 3339')
  event.kind = 'parse_failure'
  event.sourceEventId = event.httpRequestId === '' ? '' : `${event.httpRequestId}:parse`
  event.errorMessage = textOf(line['error'])
  event.errorType = errorTypeOf(event.errorMessage)
  // Pomerium quotes the beginning of what it could not read.
  if (event.errorType === 'batch') event.method = 'batch'
  keepRest(event, line, taken)
  return ok({ events: [event], sealed: [], vendorId: noVendorId })
}

const errorTypeOf = (error: string): string => {
  if (/cannot unmarshal "?\s*\[/.test(error) || error.includes('cannot unmarshal array')) return 'batch'
  if (error.includes('unexpected EOF') || error.includes('unexpected end of JSON')) return 'truncated'
  return 'unparsed'
}
