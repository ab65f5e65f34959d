import { AgenttrailError, type ErrorCode } from '../errors.ts'

/** One thing that is wrong with a request. */
export interface RequestProblem {
  readonly in: 'query' | 'path' | 'header' | 'body'
  readonly name: string
  readonly detail: string
}

/** An RFC 9457 problem document with a code of ours. */
export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: ErrorCode | 'AGT_INTERNAL'
  readonly problems?: readonly RequestProblem[]
}

/** A request that cannot be answered as it is, with everything that is wrong with it. */
export class RequestError extends AgenttrailError {
  readonly problems: readonly RequestProblem[]
  readonly status: number

  constructor(
    message: string,
    options: { readonly status?: number; readonly problems?: readonly RequestProblem[] } = {},
  ) {
    super('AGT_REQUEST_INVALID', message)
    this.status = options.status ?? 400
    this.problems = options.problems ?? []
  }
}

const statuses: Partial<Record<ErrorCode, { readonly status: number; readonly title: string }>> = {
  AGT_REQUEST_INVALID: { status: 400, title: 'The request is not valid' },
  AGT_BODY_INVALID: { status: 400, title: 'The body is not valid' },
  AGT_FORMAT_UNKNOWN: { status: 400, title: 'The format is not known' },
  AGT_UNAUTHENTICATED: { status: 401, title: 'Who asks is not known' },
  AGT_FORBIDDEN: { status: 403, title: 'This is not allowed' },
  AGT_KEYS_UNAVAILABLE: { status: 503, title: 'Who asks cannot be found out' },
  AGT_RATE_LIMITED: { status: 429, title: 'Too many requests' },
  AGT_NOT_FOUND: { status: 404, title: 'There is no such thing' },
  AGT_BODY_TOO_LARGE: { status: 413, title: 'The body is too large' },
  AGT_ENCODING_UNSUPPORTED: { status: 415, title: 'The encoding is not supported' },
  AGT_CONTENT_TYPE_UNSUPPORTED: { status: 415, title: 'The content type is not supported' },
  AGT_LOG_FULL: { status: 429, title: 'The log is full' },
  AGT_LOG_FAILED: { status: 503, title: 'The log cannot be written' },
  AGT_STORE_UNAVAILABLE: { status: 503, title: 'The store is not available' },
}

/** What a client is told about a failure. Only our own errors speak; of others nothing is revealed. */
export const problemOf = (error: unknown): Problem => {
  const { code, status, title, detail } = explain(error)
  const problems = error instanceof RequestError && error.problems.length > 0 ? { problems: error.problems } : {}
  const type = `urn:agenttrail:problem:${code}`
  return { type, title, status, detail, code, ...problems }
}

const explain = (error: unknown): Pick<Problem, 'code' | 'status' | 'title' | 'detail'> => {
  if (error instanceof AgenttrailError) {
    const known = statuses[error.code]
    const status = error instanceof RequestError ? error.status : (known?.status ?? 500)
    return { code: error.code, status, title: known?.title ?? 'The server failed', detail: error.message }
  }
  const status = clientStatusOf(error)
  if (status === null) {
    return { code: 'AGT_INTERNAL', status: 500, title: 'The server failed', detail: 'The log of the server has more.' }
  }
  const detail = error instanceof Error ? error.message : 'The request cannot be read.'
  return { code: 'AGT_REQUEST_INVALID', status, title: 'The request is not valid', detail }
}

/** Fastify's own refusals (a body too large, a broken path) carry the status they mean. */
const clientStatusOf = (error: unknown): number | null => {
  if (!(error instanceof Error) || !('statusCode' in error)) return null
  const { statusCode } = error
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : null
}
