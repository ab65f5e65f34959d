import type { CallFact } from '../../src/detect/call-fact.ts'
import type { Rule } from '../../src/detect/rule.ts'
import { readTestCalls } from '../../src/detect/test-calls.ts'
import type { CallContents } from '../../src/detect/test-contents.ts'
import { type ActivityEvent, emptyEvent } from '../../src/event/event.ts'
import type { Random } from './random.ts'

/** Longer episodes would cost more time than they show. */
const episodeCallsMax = 350
const second = 1_000_000
/** Episodes begin within so long of each other, so that those of one agent run into each other. */
const spreadUs = 6 * 3600 * second

/**
 * What agents do that sets rules off, and what nearly does: for each rule one test of each kind, begun at a random time
 * and partly left out, as the events that layers would tell of it.
 */
export const makeRuleTraffic = (
  rules: readonly Rule[],
  { random, realm }: { readonly random: Random; readonly realm: string },
): readonly ActivityEvent[] => {
  const calls = rules.flatMap((rule) =>
    [rule.tests.fires, rule.tests.quiet].flatMap((kind) => episode(random, kind, rule.tools)),
  )
  const events = calls.flatMap((call, at) => eventsOf(call, { request: `${realm}-${at}`, random }))
  return events.map((event, at) => ({
    ...event,
    realm,
    eventId: `${realm}-e${at}`,
    sourceEventId: `e${at}`,
    sourcePosition: at,
  }))
}

const episode = (random: Random, tests: Rule['tests']['fires'], tools: Rule['tools']): readonly Said[] => {
  const { calls, contents } = readTestCalls(random.pick(tests).calls, tools)
  if (calls.length > episodeCallsMax) return []
  const shiftUs = random.between(0, spreadUs)
  // Some episodes are of the agent that every test has, the others of one of their own.
  const own = random.chance(0.5) ? '' : `-${random.between(0, 6)}`
  const isHalting = random.chance(0.3)
  const hasContents = [...contents.values()].some((each) => each.arguments !== '' || each.result !== '')
  const session = random.between(0, 1_000_000_000)
  return calls
    .filter(() => !isHalting || !random.chance(0.15))
    .map((call) => ({
      ...call,
      contents: contents.get(call.id) ?? noContents,
      // What a session heard is a matter of that session alone.
      explicitSessionId: call.explicitSessionId || (hasContents ? `${call.sessionId}-${session}` : ''),
      timeUs: call.timeUs + shiftUs,
      agentId: call.agentId === '' ? '' : `${call.agentId}${own}`,
      userId: call.userId === '' ? '' : `${call.userId}${own}`,
    }))
}

interface Said extends CallFact {
  readonly contents: CallContents
}

const noContents: CallContents = { arguments: '', result: '', userText: '' }

/** The events of one call: one of each layer that saw it, near in time. */
const eventsOf = (
  call: Said,
  { request, random }: { readonly request: string; readonly random: Random },
): readonly ActivityEvent[] => {
  const shared = {
    ...said(call),
    ...call.contents,
    // What joins the layers' events: the request's id, unless the test says which.
    httpRequestId: call.httpRequestId || request,
    jsonrpcId: call.jsonrpcId || request,
  }
  return viewsOf(call).map((view, at) => ({
    ...emptyEvent(),
    ...shared,
    ...view,
    source: view.layer ?? 'gateway',
    timeUs: call.timeUs + (at === 0 ? 0 : random.between(0, 300_000)),
  }))
}

const said = (call: CallFact): Partial<ActivityEvent> => ({
  agentId: call.agentId,
  agentName: call.agentName,
  userId: call.userId,
  userEmail: call.userEmail,
  serviceAccountId: call.serviceAccountId,
  clientName: call.clientName,
  clientVersion: call.clientVersion,
  clientAddress: call.clientAddress,
  userAgent: call.userAgent,
  explicitSessionId: call.explicitSessionId,
  mcpSessionId: call.mcpSessionId,
  authSessionId: call.authSessionId,
  traceId: call.traceId,
  server: call.server,
  method: call.method,
  tool: call.tool,
  toolExposed: call.toolExposed,
  resource: call.resource,
  outcome: call.outcome as ActivityEvent['outcome'],
  httpStatus: call.httpStatus,
  errorType: call.errorType,
  durationUs: call.durationUs,
})

type View = Partial<ActivityEvent>

const viewsOf = (call: CallFact): readonly View[] => {
  const views: View[] = call.layers.map(({ layer, product, kind, decision, source, reasons, policyId }) => ({
    layer,
    product,
    kind: kind as ActivityEvent['kind'],
    decision,
    decisionBasis: 'explicit' as const,
    decisionSource: source,
    decisionReasons: [...reasons],
    policyId,
  }))
  const decided = (layer: 'proxy' | 'gateway', decision: ActivityEvent['decision']): View => ({
    layer,
    product: layer === 'proxy' ? 'pomerium' : 'agentgateway',
    kind: 'decision',
    decision,
    decisionBasis: 'explicit',
    decisionSource: call.decisionSource as ActivityEvent['decisionSource'],
  })
  if (call.disagreements.includes('reached_upstream_after_deny'))
    views.push(decided('proxy', 'deny'), decided('gateway', 'allow'))
  if (call.disagreements.includes('denied_behind_proxy'))
    views.push(decided('proxy', 'allow'), decided('gateway', 'deny'))
  if (call.disagreements.includes('request_not_parsed_by_proxy'))
    views.push({ ...decided('proxy', 'allow'), kind: 'parse_failure' }, decided('proxy', 'allow'))
  return views.length > 0 ? views : [decided('gateway', call.decision as ActivityEvent['decision'])]
}
