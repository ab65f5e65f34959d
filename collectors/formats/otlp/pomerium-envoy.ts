import type { ActivityEvent, CallOutcome } from '../../../src/event/event.ts'
import { textOf } from '../field-values.ts'
import { firstLabel } from '../first-label.ts'
import { isOwnPage } from '../pomerium-pages.ts'
import { readInteger } from '../read-integer.ts'
import { readUserAgent } from '../read-user-agent.ts'
import type { OtlpItem } from './item.ts'
import type { OtlpProduct } from './product.ts'

/**
 * The span of a request at Pomerium's Envoy, which holds the request id of Pomerium's log lines and the trace that they
 * lack. Spans of its other services are steps on the way to what the authorize line says.
 */
export const pomeriumEnvoy: OtlpProduct = {
  name: 'pomerium',
  layer: 'proxy',
  fits: ({ around, scopeName }) =>
    String(around.peek('resource.pomerium.envoy')) === 'true' ||
    scopeName === 'pomerium.io/core' ||
    String(around.peek('resource.provider.created_at')).startsWith('pomerium/'),

  operation: ({ spanKind, attributes, signal }) => {
    const isIngress = signal === 'span' && spanKind === 2 && textOf(attributes.peek('guid:x-request-id')) !== ''
    return isIngress ? { method: '', isToolRun: false, targetInName: '' } : undefined
  },

  complete: (event, item) => {
    const { attributes } = item
    event.clientAddress = attributes.text('peer.address')
    event.requestBytes = readInteger(attributes, 'request_size')
    event.responseBytes = readInteger(attributes, 'response_size')
    const userAgent = attributes.text('user_agent')
    if (userAgent !== '' && userAgent !== '-') readUserAgent(event, userAgent)
    readUrl(event, item)
    readRoute(event, item)
    event.outcome = outcomeOf(textOf(attributes.peek('response_flags')), event.httpStatus ?? 0)
    event.errorType = event.outcome === 'failure' ? String(event.httpStatus ?? '') : ''
  },
}

/** The whole URL stays as an attribute: its query is data too, without the credentials in it. */
const readUrl = (event: ActivityEvent, { attributes }: OtlpItem): void => {
  const url = URL.parse(textOf(attributes.peek('http.url')))
  if (url === null) return
  event.httpHost = url.host
  event.urlPath = url.pathname
}

/** `upstream_cluster` is the route's name and id, as in the access line. */
const readRoute = (event: ActivityEvent, { attributes }: OtlpItem): void => {
  const cluster = textOf(attributes.peek('upstream_cluster'))
  const isOwn = isOwnPage(cluster, event.urlPath)
  event.kind = isOwn ? 'web' : 'span'
  event.server = firstLabel(event.httpHost)
  const split = isOwn ? -1 : cluster.lastIndexOf('-')
  if (split > 0) event.routeId = cluster.slice(split + 1)
}

/** Envoy's flags say who ended a request. A status is no decision: the authorize line has that. */
const outcomeOf = (flags: string, status: number): CallOutcome => {
  const has = (...wanted: readonly string[]): boolean => flags.split(',').some((flag) => wanted.includes(flag))
  if (has('DC', 'DPE')) return 'cancelled'
  if (has('UT', 'SI', 'DT')) return 'timeout'
  // Pomerium answered itself: a login or a refusal.
  if (has('UAEX')) return 'denied'
  return status === 0 || status >= 400 ? 'failure' : 'unknown'
}
