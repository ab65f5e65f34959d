import { AgenttrailError } from '../errors.ts'
import { hasRight } from './access.ts'
import { auditRoutes } from './audit-routes.ts'
import { exportRoutes } from './export/export-routes.ts'
import { inventoryRoutes } from './inventory-routes.ts'
import { legalHoldRoutes } from './legal-hold-routes.ts'
import { payloadRoutes } from './payload-routes.ts'
import { queryRoutes } from './query-routes.ts'
import type { TimeRange } from './read-model.ts'
import { replayRoutes } from './replay-routes.ts'
import {
  actionsQuery,
  callsQuery,
  deadLettersQuery,
  eventsQuery,
  findingsQuery,
  idParams,
  noParams,
  noQuery,
  pageQuery,
  realmQuery,
  sessionsQuery,
  splitQuery,
} from './request-schemas.ts'
import {
  actionSchema,
  batchSchema,
  callDetailSchema,
  callSchema,
  deadLetterSchema,
  eventSchema,
  findingSchema,
  pageOf,
  responseSchema,
  sessionDetailSchema,
  sessionSchema,
  statusSchema,
} from './response-schemas.ts'
import { defineRoute, type Route } from './route.ts'
import { ruleRoutes } from './rule-routes.ts'
import { searchRoutes } from './search-routes.ts'
import { statusFor } from './status-for.ts'
import { triageRoutes } from './triage-routes.ts'

/** What belongs to one thing and is shown with it. */
const partsMax = 1000
const allParts = { limit: partsMax, cursor: null }

const found = <T>(value: T | null, what: string, id: string): T => {
  if (value === null) throw new AgenttrailError('AGT_NOT_FOUND', `There is no ${what} "${id}" in this realm.`)
  return value
}

/** Events of one call lie together in time; the range lets the store skip the rest. */
const aroundCall = (time: string): TimeRange => {
  const dayMs = 86_400_000
  const callMs = Date.parse(time)
  return { from: new Date(callMs - dayMs).toISOString(), to: new Date(callMs + dayMs).toISOString() }
}

const statusRoute = defineRoute({
  path: '/api/v1/status',
  summary: 'How the pipeline is doing; storedThrough tells when what was sent is visible',
  tag: 'pipeline',
  params: noParams,
  query: noQuery,
  response: statusSchema,
  answer: async ({ principal }, { status }) => statusFor(principal, status()),
})

const noRecords = { stored: 0, ignored: 0, duplicate: 0, rejected: 0 }

const batchRoute = defineRoute({
  path: '/api/v1/batches/{id}',
  summary: 'How the records of one body ended; pending until they are analysed, and for ids that are not known',
  tag: 'pipeline',
  params: idParams,
  query: realmQuery,
  response: batchSchema,
  answer: async ({ params, query }, { batch }) => {
    const records = await batch(query.realm, params.id)
    return { batchId: params.id, state: records === null ? 'pending' : 'done', records: records ?? noRecords }
  },
})

const sessionRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/sessions',
    summary: 'Sessions, newest first',
    tag: 'sessions',
    params: noParams,
    query: sessionsQuery,
    response: pageOf(sessionSchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      return readModel.sessions(query.realm, filter, page)
    },
  }),
  defineRoute({
    path: '/api/v1/sessions/{id}',
    summary: 'One session with the evidence of its identity and the actions taken',
    tag: 'sessions',
    params: idParams,
    query: realmQuery,
    response: sessionDetailSchema,
    answer: async ({ params, query }, { readModel }) => {
      const session = found(await readModel.session(query.realm, params.id), 'session', params.id)
      const actions = await readModel.actions(query.realm, { target: `session:${session.id}` }, allParts)
      const { basis, confidence, explicitId, aliases } = session
      const identity = { basis, confidence, agentBasis: session.agent.basis, explicitId, aliases }
      return { ...session, identity, actions: actions.items }
    },
  }),
  defineRoute({
    path: '/api/v1/sessions/{id}/timeline',
    summary: 'The calls of a session, oldest first, each with the decision of every layer',
    tag: 'sessions',
    params: idParams,
    query: pageQuery,
    response: pageOf(callSchema),
    answer: async ({ params, query }, { readModel }) => {
      const session = found(await readModel.session(query.realm, params.id), 'session', params.id)
      return readModel.timeline(query.realm, session.id, splitQuery(query).page)
    },
  }),
]

const callRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/calls',
    summary: 'Calls, newest first',
    tag: 'calls',
    params: noParams,
    query: callsQuery,
    response: pageOf(callSchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      return readModel.calls(query.realm, filter, page)
    },
  }),
  defineRoute({
    path: '/api/v1/calls/{id}',
    summary: 'One call with its events',
    tag: 'calls',
    params: idParams,
    query: realmQuery,
    response: callDetailSchema,
    answer: async ({ params, query }, { readModel }) => {
      const call = found(await readModel.call(query.realm, params.id), 'call', params.id)
      const events = await readModel.events(query.realm, { ...aroundCall(call.time), call: call.id }, allParts)
      return { ...call, events: events.items }
    },
  }),
  defineRoute({
    path: '/api/v1/events',
    summary: 'Events, newest first',
    tag: 'events',
    params: noParams,
    query: eventsQuery,
    response: pageOf(eventSchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      return readModel.events(query.realm, filter, page)
    },
  }),
  defineRoute({
    path: '/api/v1/events/{id}',
    summary: 'One event',
    tag: 'events',
    params: idParams,
    query: realmQuery,
    response: eventSchema,
    answer: async ({ params, query }, { readModel }) =>
      found(await readModel.event(query.realm, params.id), 'event', params.id),
  }),
]

const findingRoutes: readonly Route[] = [
  defineRoute({
    path: '/api/v1/findings',
    summary: 'Findings, newest first',
    tag: 'findings',
    params: noParams,
    query: findingsQuery,
    response: pageOf(findingSchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      const { shadow, ...rest } = filter
      const isShadow = shadow === undefined ? {} : { shadow: shadow === 'true' }
      return readModel.findings(query.realm, { ...rest, ...isShadow }, page)
    },
  }),
  defineRoute({
    path: '/api/v1/findings/{id}',
    summary: 'One finding with its thresholds, what was observed, and the calls that prove it',
    tag: 'findings',
    params: idParams,
    query: realmQuery,
    response: findingSchema,
    answer: async ({ params, query }, { readModel }) =>
      found(await readModel.finding(query.realm, params.id), 'finding', params.id),
  }),
  defineRoute({
    path: '/api/v1/actions',
    summary: 'Actions with every transition, newest first',
    tag: 'actions',
    params: noParams,
    query: actionsQuery,
    response: pageOf(actionSchema),
    answer: async ({ query }, { readModel }) => {
      const { filter, page } = splitQuery(query)
      return readModel.actions(query.realm, filter, page)
    },
  }),
  defineRoute({
    path: '/api/v1/actions/{id}',
    summary: 'One action with every transition and its time',
    tag: 'actions',
    params: idParams,
    query: realmQuery,
    response: actionSchema,
    answer: async ({ params, query }, { readModel }) =>
      found(await readModel.action(query.realm, params.id), 'action', params.id),
  }),
]

const responseRoute = defineRoute({
  path: '/api/v1/response',
  summary: 'Whether the response acts, whether it is paused, and what holds it back',
  tag: 'response',
  params: noParams,
  query: realmQuery,
  response: responseSchema,
  answer: async ({ query }, { response }) => response.state(query.realm),
})

const deadLettersRoute = defineRoute({
  path: '/api/v1/dead-letters',
  summary: 'Records that no format could read, with the reason, newest first; raw only for who may read payloads',
  tag: 'pipeline',
  params: noParams,
  query: deadLettersQuery,
  response: pageOf(deadLetterSchema),
  answer: async ({ query, principal }, { readModel }) => {
    const { filter, page } = splitQuery(query)
    const letters = await readModel.deadLetters(query.realm, filter, page)
    if (hasRight(principal, 'payloads')) return letters
    return { ...letters, items: letters.items.map((letter) => ({ ...letter, raw: '' })) }
  },
})

/** Every route that reads through the read model or the pipeline's status. */
export const readRoutes: readonly Route[] = [
  statusRoute,
  batchRoute,
  ...sessionRoutes,
  ...callRoutes,
  ...findingRoutes,
  ...triageRoutes,
  ...legalHoldRoutes,
  ...searchRoutes,
  ...inventoryRoutes,
  ...exportRoutes,
  ...queryRoutes,
  ...payloadRoutes,
  ...ruleRoutes,
  responseRoute,
  deadLettersRoute,
  ...replayRoutes,
  ...auditRoutes,
]
