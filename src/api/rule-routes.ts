import { AgenttrailError } from '../errors.ts'
import { idParams, noParams, realmQuery } from './request-schemas.ts'
import { pageOf } from './response-schemas.ts'
import { defineRoute, type Route } from './route.ts'
import { ruleDetailSchema, ruleSchema } from './rule-schema.ts'

/** The rules of the server, the same for every realm. */
export const ruleRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/rules',
    summary: 'The rules that calls are judged by, with their state',
    tag: 'rules',
    params: noParams,
    query: realmQuery,
    response: pageOf(ruleSchema),
    answer: async (_request, { rules }) => ({
      items: rules.map(({ source: _source, ...rule }) => rule),
      nextCursor: null,
    }),
  }),
  defineRoute({
    path: '/api/v1/rules/{id}',
    summary: 'One rule with its file',
    tag: 'rules',
    params: idParams,
    query: realmQuery,
    response: ruleDetailSchema,
    answer: async ({ params }, { rules }) => {
      const rule = rules.find((each) => each.id === params.id)
      if (rule === undefined) throw new AgenttrailError('AGT_NOT_FOUND', `There is no rule "${params.id}".`)
      return rule
    },
  }),
]
