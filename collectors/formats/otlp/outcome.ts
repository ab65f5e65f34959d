import type { ActivityEvent, CallOutcome } from '../../../src/event/event.ts'
import { objectOf, textOf } from '../field-values.ts'
import type { OtlpItem } from './item.ts'
import { names } from './names.ts'
import { firstId, firstText } from './take.ts'

/**
 * What came of a request, by what the span says in so many words. A status that nobody set is no success, and neither is
 * HTTP 200: the conventions leave a server's span unset for a caller's fault.
 */
export const readOutcome = (event: ActivityEvent, item: OtlpItem): void => {
  const { attributes, around } = item
  const status = readStatus(item)
  const rpcName = names.rpcStatus.find((name) => rpcCode(attributes.peek(name)) !== '') ?? ''
  const rpcStatus = rpcCode(attributes.peek(rpcName))
  // An exception that was noted on a span that ended well was caught.
  const exception = status.isError ? lastException(item) : { type: '', message: '' }
  // What no field takes stays an attribute: hence nothing is read before it is known to be used.
  event.errorType = firstId(attributes, ['error.type']) || (rpcStatus && attributes.id(rpcName)) || exception.type
  event.errorMessage =
    firstText(attributes, names.errorMessage) || around.text('span.status', 'message') || exception.message
  event.outcome = outcomeOf(event, { ...status, rpcStatus })
}

const outcomeOf = (
  { errorType, httpStatus, result }: ActivityEvent,
  facts: { readonly isOk: boolean; readonly isError: boolean; readonly rpcStatus: string },
): CallOutcome => {
  if (errorType === 'tool_error' || isToolError(result)) return 'tool_error'
  if (/time[d_-]?\s?out|deadline/i.test(errorType) || httpStatus === 504 || httpStatus === 408) return 'timeout'
  if (/cancell?ed|abort/i.test(errorType)) return 'cancelled'
  if (rpcCode(errorType) !== '' || facts.rpcStatus !== '') return 'protocol_error'
  if (facts.isError || errorType !== '' || (httpStatus ?? 0) >= 400) return 'failure'
  return facts.isOk || result !== '' ? 'success' : 'unknown'
}

/** A JSON-RPC error code; `''` for what is none, such as gRPC's `OK`. */
const rpcCode = (value: unknown): string => (/^-\d{1,9}$/.test(String(value)) ? String(value) : '')

/** By number, or by name as protobuf's JSON mapping allows. */
const readStatus = ({ around }: OtlpItem): { readonly isOk: boolean; readonly isError: boolean } => {
  const code = around.peek('span.status', 'code')
  const isOk = code === 1 || code === 'STATUS_CODE_OK'
  const isError = code === 2 || code === 'STATUS_CODE_ERROR'
  const isKnown = isOk || isError || code === 0 || code === 'STATUS_CODE_UNSET'
  if (isKnown) around.drop('span.status', 'code')
  if (Object.keys(objectOf(around.peek('span.status')) ?? { code }).length === 0) around.drop('span.status')
  return { isOk, isError }
}

/** Its values stay among the attributes as well: what the span names by itself takes their place in the fields. */
const lastException = ({ around, events }: OtlpItem): { readonly type: string; readonly message: string } => {
  const path = events.findLast((event) => event.name === 'exception')?.path ?? ''
  return {
    type: textOf(around.peek(`${path}exception.type`)),
    message: textOf(around.peek(`${path}exception.message`)),
  }
}

/** A tool's own error is a result that says so. */
const isToolError = (result: string): boolean =>
  result.length < 1_000_000 && /"is_?error"\s*:\s*true/i.test(result) && topLevelError(result)

const topLevelError = (result: string): boolean => {
  try {
    const value = objectOf(JSON.parse(result))
    return value?.['isError'] === true || value?.['is_error'] === true
  } catch {
    return false
  }
}
