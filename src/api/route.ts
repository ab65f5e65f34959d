import type { Readable } from 'node:stream'
import { z } from 'zod'
import { didYouMean } from '../did-you-mean.ts'
import type { Principal } from './access.ts'
import type { BacktestShape } from './backtest-schema.ts'
import type { HoldSession } from './legal-hold-routes.ts'
import { RequestError, type RequestProblem } from './problem.ts'
import type { AskSql } from './query-routes.ts'
import type { PipelineStatus, ReadModel, TimeRange } from './read-model.ts'
import type { ReplayDeadLetters } from './replay-routes.ts'
import type { ResponseControl } from './response-control.ts'
import type { RuleShape } from './rule-schema.ts'
import type { JudgeFinding } from './triage-routes.ts'

/** What a route may use. */
export interface RouteDeps {
  readonly readModel: ReadModel
  readonly status: () => PipelineStatus
  /** How the records of a batch ended; null while it is not analysed, or when it is not known (any more). */
  readonly batch: (realm: string, batchId: string) => Promise<BatchCounts | null>
  /** The rules that the server works by. */
  readonly rules: readonly RuleShape[]
  readonly response: ResponseControl
  /** What a rule of the server finds among stored calls; null if there is no such rule. */
  readonly backtest: (realm: string, ruleId: string, range: TimeRange) => Promise<BacktestShape | null>
  readonly judge: JudgeFinding
  readonly holdSession: HoldSession
  readonly askSql: AskSql
  readonly replay: ReplayDeadLetters
  readonly now: () => Date
}

export type BatchCounts = Readonly<Record<'stored' | 'ignored' | 'duplicate' | 'rejected', number>>

/** A file, sent while it is made. */
export interface Download {
  readonly type: string
  readonly filename: string
  readonly stream: Readable
}

/** One operation of the API: how it is asked, what it answers. Schemas validate requests and become the OpenAPI document. */
export interface Route {
  /** As in OpenAPI: `/api/v1/sessions/{id}`. */
  readonly path: string
  readonly method: 'get' | 'post' | 'patch'
  readonly summary: string
  readonly tag: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  /** What a body holds; null if there is none. */
  readonly body: z.ZodObject | null
  readonly response: z.ZodType
  /** Whether the answer is a `Download` and not JSON. */
  readonly isDownload: boolean
  readonly handle: (
    request: {
      readonly params: unknown
      readonly query: unknown
      readonly body: unknown
      readonly principal: Principal
    },
    deps: RouteDeps,
  ) => Promise<unknown>
}

interface Definition<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject>
  extends Omit<Route, 'method' | 'params' | 'query' | 'body' | 'handle' | 'isDownload'> {
  readonly params: P
  readonly query: Q
  /** Set for a POST or PATCH. An absent body is an empty one. */
  readonly body?: B
  readonly method?: 'patch'
  readonly isDownload?: boolean
  readonly answer: (
    request: {
      readonly params: z.infer<P>
      readonly query: z.infer<Q>
      readonly body: z.infer<B>
      readonly principal: Principal
    },
    deps: RouteDeps,
  ) => Promise<unknown>
}

/** A route whose handler sees only requests that its schemas let through. */
export const defineRoute = <P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodObject>(
  definition: Definition<P, Q, B>,
): Route => {
  const { answer, body: bodySchema = null, method = 'post', isDownload = false, ...rest } = definition
  return {
    ...rest,
    method: bodySchema === null ? 'get' : method,
    body: bodySchema,
    isDownload,
    handle: async (request, deps) => {
      const body = (bodySchema ?? noBody).safeParse(bodySchema === null ? {} : (request.body ?? {}))
      const params = definition.params.safeParse(request.params)
      const query = definition.query.safeParse(request.query)
      if (params.success && query.success && body.success) {
        const { principal } = request
        return answer({ params: params.data, query: query.data, body: body.data as z.infer<B>, principal }, deps)
      }
      const problems = [
        ...problemsOf('path', params.error, definition.params),
        ...problemsOf('query', query.error, definition.query),
        ...problemsOf('body', body.error, bodySchema ?? noBody),
      ]
      throw new RequestError(problems.map((each) => `${each.name}: ${each.detail}`).join('; '), { problems })
    },
  }
}

const noBody = z.strictObject({})

const problemsOf = (
  where: 'path' | 'query' | 'body',
  error: z.ZodError | undefined,
  schema: z.ZodObject,
): readonly RequestProblem[] =>
  (error?.issues ?? []).flatMap((issue): RequestProblem[] => {
    if (issue.code !== 'unrecognized_keys') return [{ in: where, name: issue.path.join('.'), detail: issue.message }]
    return issue.keys.map((key) => {
      const known = Object.keys(schema.shape)
      const meant = didYouMean(key, known)
      const detail = meant === null ? `not known here; known are ${known.join(', ')}` : `did you mean ${meant}?`
      return { in: where, name: key, detail }
    })
  })
