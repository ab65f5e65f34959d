import { depthOf } from './depth.ts'
import type { Actor, Pattern, View } from './view.ts'

/**
 * How far apart two layers may see the same request, beyond what their clocks can tell apart: 10 s. Longer than any
 * skew between hosts that keep time, shorter than the reuse of an id by an honest client.
 */
const joinWindowUs = 10_000_000
/** Two layers that know the same MCP session and what was asked for in it: within the request and this much. */
const sessionWindowUs = 4_000_000
/** Two layers that share nothing but the principal and what was asked for must see it in the same moment. */
const principalWindowUs = 2_000_000

/** How far apart the stated times of two views of one call can be: the window, and both clocks telling only seconds. */
export const joinReachUs = joinWindowUs + 2_000_000

/** Why two views may be of one call: the higher the rank the surer. */
export interface Link {
  readonly rank: number
  readonly windowUs: number
}

const byRequestId: Link = { rank: 5, windowUs: joinWindowUs }
const byTraceAndNumber: Link = { rank: 5, windowUs: joinWindowUs }
const byTrace: Link = { rank: 4, windowUs: joinWindowUs }
const bySessionAndNumber: Link = { rank: 3, windowUs: joinWindowUs }
const bySession: Link = { rank: 2, windowUs: sessionWindowUs }
const byPrincipal: Link = { rank: 1, windowUs: principalWindowUs }

/** `DESIGN.md` §6: the first join key that applies; null where nothing says that the two are of one call. */
export const linkOf = (a: View, b: View): Link | null => {
  if (isShared(a.httpRequestId, b.httpRequestId)) return byRequestId
  const isNumbered = isShared(a.jsonrpcId, b.jsonrpcId)
  if (isSameTrace(a, b)) return isNumbered ? byTraceAndNumber : byTrace
  // A layer's own lines share an id if they are of one request; only layers that don't know each other may lack one.
  return isSameHop(a.pattern, b.pattern) ? null : linkWithoutId(a, b, isNumbered)
}

/** Whether both are part of one trace, or one states that it belongs with the other's. */
export const isSameTrace = (a: View, b: View): boolean =>
  isShared(a.traceId, b.traceId) || isLinkedTo(a, b) || isLinkedTo(b, a)

const isLinkedTo = (from: View, to: View): boolean =>
  from.linkedTraceIds.length > 0 && to.traceId !== '' && from.linkedTraceIds.includes(to.traceId)

const linkWithoutId = (a: View, b: View, isNumbered: boolean): Link | null => {
  if (!isSameRequest(a.pattern, b.pattern)) return null
  // What was refused went no further, as far as no id says otherwise.
  if (isRefused(depthOf(a.pattern) <= depthOf(b.pattern) ? a.pattern : b.pattern)) return null
  if (isSessionShared(a.actor, b.actor)) return isNumbered ? bySessionAndNumber : bySession
  return isPrincipalShared(a.actor, b.actor) ? byPrincipal : null
}

/** One process of the path: its lines describe the same connection. */
export const isSameHop = (a: Pattern, b: Pattern): boolean => a.layer === b.layer && a.product === b.product

/** Whether one is the decision service that the other, a gateway, asks: it is told the number that the gateway was sent. */
export const isAskedByOther = (a: Pattern, b: Pattern): boolean =>
  a.layer === 'gateway' && b.layer === 'gateway' && (a.product === 'agenttrail') !== (b.product === 'agenttrail')

const isRefused = ({ decision }: Pattern): boolean => decision === 'deny' || decision === 'escalate'

const isShared = (a: string, b: string): boolean => a !== '' && a === b

const isSameRequest = (a: Pattern, b: Pattern): boolean =>
  isShared(a.method, b.method) && (a.tool === b.tool || isRenamed(a, b))

const isSessionShared = (a: Actor, b: Actor): boolean =>
  isShared(a.mcpSessionId, b.mcpSessionId) || isShared(a.explicitSessionId, b.explicitSessionId)

const isPrincipalShared = (a: Actor, b: Actor): boolean =>
  isShared(a.userId, b.userId) || isShared(a.userEmail, b.userEmail) || isShared(a.serviceAccountId, b.serviceAccountId)

/** Whether one of the two names is the other with the name of its server in front, as gateways show tools to clients. */
const isRenamed = (a: Pattern, b: Pattern): boolean =>
  isNameWithPrefix(a.tool, b.tool, b.server) || isNameWithPrefix(b.tool, a.tool, a.server)

const isNameWithPrefix = (long: string, short: string, server: string): boolean =>
  server !== '' && short !== '' && long.length > short.length && long.endsWith(short) && long.startsWith(server)

/** Whether two names can be of one tool: equal, or one is the other behind a prefix. */
export const isSameTool = (a: Pattern, b: Pattern): boolean =>
  a.tool === b.tool || isExposedAs(a, b) || isExposedAs(b, a)

const isExposedAs = (bare: Pattern, exposed: Pattern): boolean => {
  if (bare.toolExposed !== '' && bare.toolExposed === exposed.tool) return true
  const prefixLength = exposed.tool.length - bare.tool.length
  return prefixLength > 1 && exposed.tool.endsWith(bare.tool) && separators.has(exposed.tool[prefixLength - 1] ?? '')
}

const separators = new Set(['_', '/', '.', ':', '-'])

/** What the bare and the exposed name of a tool have in common: the last word. */
export const lastWordOf = (tool: string): string => {
  let at = tool.length
  while (at > 0 && !separators.has(tool[at - 1] ?? '')) at -= 1
  return at === 0 || at === tool.length ? tool : tool.slice(at)
}
