import type { ActivityEvent, CallOutcome } from '../../src/event/event.ts'
import type { Format, JsonObject } from '../../src/ingest/format.ts'
import { ok, rejected } from '../../src/ingest/outcome.ts'
import { numberOf, objectOf, textOf } from './field-values.ts'
import { firstLabel } from './first-label.ts'
import { keep } from './keep.ts'
import { readPomeriumHeaders } from './pomerium-headers.ts'
import { keepRest, noVendorId, pomeriumEvent, type TakenKeys } from './pomerium-line.ts'
import { isOwnPage, ownPages } from './pomerium-pages.ts'
import { readForwardedFor } from './read-forwarded-for.ts'
import { readUserAgent } from './read-user-agent.ts'

const taken: TakenKeys = new Map([
  ['level', 'any'],
  ['service', 'string'],
  ['message', 'string'],
  ['time', 'string'],
  ['request-id', 'string'],
  ['method', 'string'],
  ['path', 'string'],
  ['authority', 'string'],
  ['upstream-cluster', 'string'],
  ['user-agent', 'string'],
  ['forwarded-for', 'string'],
  ['duration', 'number'],
  ['size', 'number'],
  ['response-code', 'number'],
  ['headers', 'object'],
])

/** `http-request`: what Envoy saw of one HTTP request, written about a second after it ended. */
export const readAccess: Format['read'] = (line, origin, context) => {
  const event = pomeriumEvent(line, origin)
  if (event === undefined) return rejected('time is missing or not RFC 3339')
  event.sourceEventId = event.httpRequestId === '' ? '' : `${event.httpRequestId}:access`
  event.httpMethod = textOf(line['method'])
  // Versions before 2021 log the query with it, whose codes and tokens are taken out of what is kept.
  const path = textOf(line['path'])
  event.urlPath = path.split('?', 1)[0] ?? ''
  if (event.urlPath !== path) keep(event, 'path', path)
  event.responseBytes = numberOf(line['size'])
  event.httpStatus = numberOf(line['response-code'])
  readUserAgent(event, textOf(line['user-agent']))
  const sealed = readPomeriumHeaders(event, line['headers'], context)
  keepRest(event, line, taken)
  readTimes(event, line)
  readRoute(event, line)
  readForwardedFor(event, 'forwarded-for', textOf(line['forwarded-for']))
  if (event.clientAddress === '') event.clientAddress = textOf(line['ip'])
  readOutcome(event, textOf(line['response-code-details']))
  return ok({ events: [event], sealed, vendorId: noVendorId })
}

/** The line is stamped at the end; Envoy's duration leads back to the start. */
const readTimes = (event: ActivityEvent, line: JsonObject): void => {
  const milliseconds = numberOf(line['duration'])
  event.timeBasis = 'end'
  event.endTimeUs = event.timeUs
  if (milliseconds === null || milliseconds < 0) return
  event.durationUs = Math.round(milliseconds * 1000)
  event.timeUs -= event.durationUs
}

/**
 * What a route's id looks like at the end of `upstream-cluster`: Pomerium's own hash, or an id that a console gave. Both name
 * and id may hold dashes, so of any other ending nothing can be said.
 */
const idAtEnd = /-([\da-f]{16}|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|[\dA-Za-z]{20,32})$/

/** `upstream-cluster` is the route's name and id; it is empty where Pomerium answered by itself. */
const readRoute = (event: ActivityEvent, line: JsonObject): void => {
  const cluster = textOf(line['upstream-cluster'])
  event.routeId = cluster === ownPages ? '' : routeIdOf(cluster, textOf(line['cluster-stat-name']))
  const routeName = event.routeId === '' ? '' : cluster.slice(0, -event.routeId.length - 1)
  readHost(event, line, { routeName, isKnown: cluster === '' || cluster === ownPages || routeName !== '' })
  const isTold = cluster === '' || (event.routeId !== '' && routeName === event.server)
  if (!isTold) keep(event, 'upstream-cluster', cluster)
  event.kind = isOwnPage(cluster, event.urlPath) ? 'web' : 'access'
}

/** With `cluster-stat-name` among the log fields, the name before the id is known. */
const routeIdOf = (cluster: string, name: string): string => {
  if (name !== '' && cluster.startsWith(`${name}-`)) return cluster.slice(name.length + 1)
  return idAtEnd.exec(cluster)?.[1] ?? ''
}

/** The authority is the upstream's where the route rewrites it; a forwarded host is then what the client asked for. */
const readHost = (
  event: ActivityEvent,
  line: JsonObject,
  { routeName, isKnown }: { readonly routeName: string; readonly isKnown: boolean },
): void => {
  const authority = textOf(line['authority'])
  const forwardedHost = textOf(objectOf(line['headers'])?.['x-forwarded-host'])
  event.httpHost = forwardedHost || authority
  if (event.httpHost !== authority) keep(event, 'authority', authority)
  const isAsked = forwardedHost !== '' || (isKnown && routeName === '')
  // A route without a name is called `route`, which names no server.
  event.server = isAsked ? firstLabel(event.httpHost) : routeName === 'route' ? '' : routeName
}

/** A status is no decision: what Pomerium decided stands in its authorize line, and 200 hides denials and tool errors alike. */
const readOutcome = (event: ActivityEvent, details: string): void => {
  const status = event.httpStatus ?? 0
  event.outcome = outcomeOf(details, status)
  if (event.outcome === 'unknown' || event.outcome === 'denied') return
  // `upstream_reset_before_response_started{connection_termination}` → the part before the brace is a small set.
  const reason = details.split('{', 1)[0] ?? ''
  event.errorType = reason === '' || reason === 'via_upstream' ? String(status) : reason
}

const outcomeOf = (details: string, status: number): CallOutcome => {
  if (details.startsWith('downstream_')) return 'cancelled'
  if (details.includes('timeout')) return 'timeout'
  // Pomerium answered itself: a login, a refusal, or (204) a CORS preflight.
  if (details.startsWith('ext_authz_denied')) return status === 204 ? 'unknown' : 'denied'
  const isBroken = details !== '' && details !== 'via_upstream'
  return isBroken || status === 0 || status >= 400 ? 'failure' : 'unknown'
}
