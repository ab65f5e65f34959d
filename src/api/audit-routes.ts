import { auditQuery, noParams, splitQuery } from './request-schemas.ts'
import { commandSchema, pageOf } from './response-schemas.ts'
import { defineRoute, type Route } from './route.ts'

/** Who asked what of this server. */
export const auditRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/audit',
    summary: 'Who read what, and what people asked for, newest first',
    tag: 'access',
    params: noParams,
    query: auditQuery,
    response: pageOf(commandSchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      return readModel.commands(query.realm, filter, page)
    },
  }),
]
