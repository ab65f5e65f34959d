import { AgenttrailError } from '../errors.ts'
import { idParams, realmQuery } from './request-schemas.ts'
import { payloadSchema } from './response-schemas.ts'
import { defineRoute, type Route } from './route.ts'

/** What may be private of an event: apart from it, and for a right of its own. */
export const payloadRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/events/{id}/payload',
    summary: 'The record of an event as it was redacted, with arguments and result',
    tag: 'events',
    params: idParams,
    query: realmQuery,
    response: payloadSchema,
    answer: async ({ params, query }, { readModel }) => {
      const payload = await readModel.payload(query.realm, params.id)
      if (payload !== null) return payload
      throw new AgenttrailError('AGT_NOT_FOUND', `Nothing is kept (any more) of the record of event "${params.id}".`)
    },
  }),
]
