import { AgenttrailError } from '../errors.ts'
import { backtestSchema } from './backtest-schema.ts'
import { idParams, noParams, rangeBody, realmQuery } from './request-schemas.ts'
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
  defineRoute({
    path: '/api/v1/rules/{id}/backtest',
    summary: 'What a rule would have found among stored calls, and what the query cost',
    tag: 'rules',
    params: idParams,
    query: realmQuery,
    body: rangeBody,
    response: backtestSchema,
    answer: async ({ params, query, body }, { backtest }) => {
      const range = { from: body.from ?? '', to: body.to ?? '' }
      const answer = await backtest(query.realm, params.id, range)
      if (answer === null) throw new AgenttrailError('AGT_NOT_FOUND', `There is no rule "${params.id}".`)
      return answer
    },
  }),
]
