import { AgenttrailError, type ErrorCode } from '../../../src/errors.ts'
import { messageType } from './messages.ts'
import type { OtlpSignal } from './request.ts'

export type OtlpEncoding = 'json' | 'protobuf'

/** Media types of the two encodings. */
export const mediaTypes = { json: 'application/json', protobuf: 'application/x-protobuf' } as const satisfies Record<
  OtlpEncoding,
  string
>

const rejectedNames = { traces: 'rejectedSpans', logs: 'rejectedLogRecords' } as const satisfies Record<
  OtlpSignal,
  string
>

/** The answer to a request that was taken: empty, or how many of its items were not, and why. */
export const encodeAnswer = (
  answer: { readonly rejected: number; readonly message: string },
  as: { readonly signal: OtlpSignal; readonly encoding: OtlpEncoding },
): Buffer => {
  const { rejected, message } = answer
  if (as.encoding === 'json') {
    const partial = { partialSuccess: { [rejectedNames[as.signal]]: String(rejected), errorMessage: message } }
    return Buffer.from(JSON.stringify(rejected === 0 ? {} : partial))
  }
  const partial = { partialSuccess: { rejected, errorMessage: message } }
  return encode('ExportResponse', rejected === 0 ? {} : partial)
}

/** A refusal as `google.rpc.Status`. */
export const encodeStatus = (
  status: { readonly code: number; readonly message: string },
  encoding: OtlpEncoding,
): Buffer => (encoding === 'json' ? Buffer.from(JSON.stringify(status)) : encode('RpcStatus', status))

const encode = (name: 'ExportResponse' | 'RpcStatus', value: object): Buffer => {
  const type = messageType(name)
  return Buffer.from(type.encode(type.fromObject(value)).finish())
}

/** A refusal: its HTTP status, its gRPC code, and what it tells. Only 429 and 503 make a sender try again. */
export interface Refusal {
  readonly status: number
  readonly code: number
  readonly message: string
}

const refusals: Partial<Record<ErrorCode, { readonly status: number; readonly code: number }>> = {
  AGT_REQUEST_INVALID: { status: 400, code: 3 },
  AGT_BODY_INVALID: { status: 400, code: 3 },
  AGT_BODY_TOO_LARGE: { status: 413, code: 3 },
  AGT_ENCODING_UNSUPPORTED: { status: 415, code: 3 },
  AGT_NOT_FOUND: { status: 404, code: 5 },
  AGT_UNAUTHENTICATED: { status: 401, code: 16 },
  AGT_KEYS_UNAVAILABLE: { status: 503, code: 14 },
  AGT_FORBIDDEN: { status: 403, code: 7 },
  AGT_LOG_FULL: { status: 429, code: 8 },
}

/** What a sender is told. Whatever failed on our side is worth another try; nothing else is revealed of it. */
export const refusalOf = (error: unknown): Refusal => {
  const known = error instanceof AgenttrailError ? refusals[error.code] : undefined
  const stated = error instanceof Error && 'status' in error ? error.status : statusCodeOf(error)
  if (error instanceof Error && typeof stated === 'number' && stated >= 400 && stated < 500) {
    return { status: stated, code: stated === 413 || stated === 415 || stated === 400 ? 3 : 7, message: error.message }
  }
  if (known !== undefined && error instanceof AgenttrailError) return { ...known, message: error.message }
  return { status: 503, code: 14, message: 'The records could not be kept: send them again.' }
}

const statusCodeOf = (error: unknown): unknown =>
  error instanceof Error && 'statusCode' in error ? error.statusCode : undefined
