import { inventoryQuery, noParams, splitQuery } from './request-schemas.ts'
import { inventorySchema, pageOf } from './response-schemas.ts'
import { defineRoute, type Route } from './route.ts'

const kinds = [
  ['agents', 'agent', 'Agents that made calls, the one seen last first'],
  ['users', 'user', 'Users that calls were made for, the one seen last first'],
  ['tools', 'tool', 'Tools that were asked for, by server, the one seen last first'],
  ['servers', 'server', 'MCP servers that were asked, the one seen last first'],
] as const

/** Who and what there is, as the calls of a time show it. */
export const inventoryRoutes: readonly Route[] = kinds.map(([path, kind, summary]) =>
  defineRoute({
    path: `/api/v1/${path}`,
    summary,
    tag: 'inventory',
    params: noParams,
    query: inventoryQuery,
    response: pageOf(inventorySchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      return readModel.inventory(query.realm, kind, filter, page)
    },
  }),
)
