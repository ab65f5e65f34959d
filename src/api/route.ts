import type { z } from 'zod'
import { didYouMean } from '../did-you-mean.ts'
import { RequestError, type RequestProblem } from './problem.ts'
import type { PipelineStatus, ReadModel } from './read-model.ts'
import type { ResponseControl } from './response-control.ts'
import type { RuleShape } from './rule-schema.ts'

/** What a route may use. */
export interface RouteDeps {
  readonly readModel: ReadModel
  readonly status: () => PipelineStatus
  /** How the records of a batch ended; null while it is not analysed, or when it is not known (any more). */
  readonly batch: (realm: string, batchId: string) => Promise<BatchCounts | null>
  /** The rules that the server works by. */
  readonly rules: readonly RuleShape[]
  readonly response: ResponseControl
  readonly now: () => Date
}

export type BatchCounts = Readonly<Record<'stored' | 'ignored' | 'duplicate' | 'rejected', number>>

/** One GET of the API: how it is asked, what it answers. Schemas validate requests and become the OpenAPI document. */
export interface Route {
  /** As in OpenAPI: `/api/v1/sessions/{id}`. */
  readonly path: string
  readonly summary: string
  readonly tag: string
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly response: z.ZodType
  readonly handle: (request: { readonly params: unknown; readonly query: unknown }, deps: RouteDeps) => Promise<unknown>
}

interface Definition<P extends z.ZodObject, Q extends z.ZodObject> extends Omit<Route, 'params' | 'query' | 'handle'> {
  readonly params: P
  readonly query: Q
  readonly answer: (
    request: { readonly params: z.infer<P>; readonly query: z.infer<Q> },
    deps: RouteDeps,
  ) => Promise<unknown>
}

/** A route whose handler sees only requests that its schemas let through. */
export const defineRoute = <P extends z.ZodObject, Q extends z.ZodObject>(definition: Definition<P, Q>): Route => {
  const { answer, ...rest } = definition
  return {
    ...rest,
    handle: async (request, deps) => {
      const params = definition.params.safeParse(request.params)
      const query = definition.query.safeParse(request.query)
      if (params.success && query.success) return answer({ params: params.data, query: query.data }, deps)
      const problems = [
        ...problemsOf('path', params.error, definition.params),
        ...problemsOf('query', query.error, definition.query),
      ]
      throw new RequestError(problems.map((each) => `${each.name}: ${each.detail}`).join('; '), { problems })
    },
  }
}

const problemsOf = (
  where: 'path' | 'query',
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
