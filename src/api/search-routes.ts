import { z } from 'zod'
import { RequestError } from './problem.ts'
import type { SearchHit } from './read-model.ts'
import { noParams, searchQuery, splitQuery } from './request-schemas.ts'
import { callSchema, findingSchema, pageOf, sessionSchema } from './response-schemas.ts'
import { defineRoute, type Route } from './route.ts'
import { parseSearch } from './search/parse-search.ts'
import { SearchError } from './search/search-error.ts'
import { type SearchNode, searchKinds } from './search/search-node.ts'

const common = { id: z.string(), time: z.string() }

const hitSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('call'), ...common, item: callSchema }),
    z.strictObject({ kind: z.literal('session'), ...common, item: sessionSchema }),
    z.strictObject({ kind: z.literal('finding'), ...common, item: findingSchema }),
  ])
  .meta({ id: 'SearchHit' }) satisfies z.ZodType<SearchHit>

/** One question to calls, sessions and findings: `docs/search.md` has the language. */
export const searchRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/search',
    summary: 'Calls, sessions and findings that a query finds, newest first',
    tag: 'search',
    params: noParams,
    query: searchQuery,
    response: pageOf(hitSchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      const { q, kind, from, to } = filter
      const kinds = kind === undefined ? searchKinds : [kind]
      return readModel.search(query.realm, { node: nodeOf(q ?? ''), kinds, from, to }, page)
    },
  }),
]

const nodeOf = (q: string): SearchNode => {
  try {
    return parseSearch(q)
  } catch (error) {
    throw error instanceof SearchError ? problemOf(error) : error
  }
}

const problemOf = ({ column, message }: SearchError): RequestError => {
  const detail = `column ${column}: ${message}`
  return new RequestError(`q: ${detail}`, { problems: [{ in: 'query', name: 'q', detail }] })
}
