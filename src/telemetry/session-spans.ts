import { createHash } from 'node:crypto'
import {
  type Attributes,
  context,
  type HrTime,
  type Link,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api'
import { resources, tracing } from '@opentelemetry/sdk-node'
import type { CallShape, FindingShape, SessionShape } from '../api/read-model.ts'

/** Where a call was seen in a trace of somebody else's. */
export interface OriginalSpan {
  readonly traceId: string
  readonly spanId: string
}

/** A session with everything that its trace shows. */
export interface SessionStory {
  readonly realm: string
  readonly session: SessionShape
  readonly calls: readonly CallShape[]
  readonly findings: readonly FindingShape[]
  /** By call id. */
  readonly originals: ReadonlyMap<string, readonly OriginalSpan[]>
}

/** Names the spans as ours: the OTLP intake leaves them out, should they come back to it. */
export const sessionScope = 'agenttrail.sessions'

/**
 * Spans of a session: the session is the root, its calls are the children, findings are its events. Ids follow from the
 * session's and the calls' ids, so that sending a session again adds nothing but what has changed.
 */
export const createSessionSpans = (options: {
  readonly serviceName: string
  readonly version: string
}): ((story: SessionStory) => readonly tracing.ReadableSpan[]) => {
  const ids = new PlannedIds()
  const finished = new FinishedSpans()
  const provider = new tracing.BasicTracerProvider({
    idGenerator: ids,
    sampler: new tracing.AlwaysOnSampler(),
    spanProcessors: [finished],
    resource: resources.resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.version,
    }),
  })
  const tracer = provider.getTracer(sessionScope, options.version)

  return (story) => {
    const { realm, session, calls } = story
    ids.plan(digest(32, 'trace', realm, session.id), digest(16, 'session', realm, session.id))
    const root = tracer.startSpan(
      'agent session',
      { kind: SpanKind.INTERNAL, root: true, startTime: hrTime(session.start), attributes: sessionAttributes(story) },
      ROOT_CONTEXT,
    )
    for (const finding of story.findings) {
      root.addEvent('finding', findingAttributes(finding), hrTime(finding.time))
    }
    let endTime = hrTime(session.end)
    const within = trace.setSpan(context.active(), root)
    for (const call of calls) {
      ids.plan('', digest(16, 'call', realm, call.id))
      const links = linksOf(story.originals.get(call.id) ?? [])
      const startTime = hrTime(call.time)
      const span = tracer.startSpan(
        nameOf(call),
        { kind: SpanKind.INTERNAL, startTime, links, attributes: callAttributes(call) },
        within,
      )
      if (failures.has(call.outcome)) span.setStatus({ code: SpanStatusCode.ERROR, message: call.errorType })
      const callEnd = later(startTime, call.durationMs ?? 0)
      span.end(callEnd)
      if (isAfter(callEnd, endTime)) endTime = callEnd
    }
    // A session ends with its last call, which may still have been running then.
    root.end(endTime)
    return finished.take()
  }
}

const failures: ReadonlySet<string> = new Set(['tool_error', 'protocol_error', 'timeout', 'failure'])

/** The SDK asks for each id when a span starts: the trace's only where there is no parent. */
class PlannedIds implements tracing.IdGenerator {
  #traceId = ''
  #spanId = ''

  plan(traceId: string, spanId: string): void {
    this.#traceId = traceId
    this.#spanId = spanId
  }

  generateTraceId(): string {
    return this.#traceId
  }

  generateSpanId(): string {
    return this.#spanId
  }
}

/** Keeps what has ended until it is asked for. */
class FinishedSpans implements tracing.SpanProcessor {
  #spans: tracing.ReadableSpan[] = []

  onStart(): void {}

  onEnd(span: tracing.ReadableSpan): void {
    this.#spans.push(span)
  }

  take(): readonly tracing.ReadableSpan[] {
    const spans = this.#spans
    this.#spans = []
    return spans
  }

  async forceFlush(): Promise<void> {}
  async shutdown(): Promise<void> {}
}

/** An id that is never all zeros, which would mean none. */
const digest = (digits: 16 | 32, ...parts: readonly string[]): string =>
  createHash('sha256')
    .update(parts.join('\u0000'))
    .digest('hex')
    .slice(0, digits - 1)
    .padEnd(digits, '1')

/** RFC 3339 with microseconds → seconds and nanoseconds, without a double in between. */
const hrTime = (text: string): HrTime => {
  const micros = /\.(\d{1,6})/.exec(text)?.[1] ?? ''
  return [Math.floor(Date.parse(text) / 1000), Number(micros.padEnd(6, '0')) * 1000]
}

const later = ([seconds, nanos]: HrTime, ms: number): HrTime => {
  const total = nanos + Math.round(ms * 1000) * 1000
  return [seconds + Math.floor(total / 1e9), total % 1e9]
}

const isAfter = (a: HrTime, b: HrTime): boolean => a[0] > b[0] || (a[0] === b[0] && a[1] > b[1])

const nameOf = ({ method, tool, resource }: CallShape): string =>
  [method || 'request', tool || resource].filter((part) => part !== '').join(' ')

const linksOf = (originals: readonly OriginalSpan[]): Link[] =>
  originals.map(({ traceId, spanId }) => ({
    context: { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true },
  }))

const sessionAttributes = ({ realm, session }: SessionStory): Attributes =>
  known({
    'session.id': session.explicitId || session.id,
    'gen_ai.agent.id': session.agent.id,
    'gen_ai.agent.name': session.agent.name,
    'user.id': session.user.id,
    'user.email': session.user.email,
    'mcp.client.name': session.client.name,
    'mcp.client.version': session.client.version,
    'client.address': session.client.address,
    'agenttrail.realm': realm,
    'agenttrail.session.id': session.id,
    'agenttrail.session.status': session.status,
    'agenttrail.session.basis': session.basis,
    'agenttrail.session.confidence': session.confidence,
    'agenttrail.session.calls': session.calls,
    'agenttrail.session.denies': session.denies,
    'agenttrail.session.risk': session.risk,
  })

const callAttributes = (call: CallShape): Attributes =>
  known({
    'mcp.method.name': call.method,
    'gen_ai.tool.name': call.tool,
    'mcp.resource.uri': call.resource,
    'mcp.server.name': call.server,
    'jsonrpc.request.id': call.jsonrpcId,
    'http.response.status_code': call.httpStatus ?? '',
    'error.type': call.errorType,
    'agenttrail.call.id': call.id,
    'agenttrail.decision': call.decision,
    'agenttrail.decision.basis': call.decisionBasis,
    'agenttrail.decision.source': call.decisionSource,
    'agenttrail.outcome': call.outcome,
    'agenttrail.layers': call.layers.map((layer) => `${layer.layer} ${layer.product} ${layer.decision}`),
    'agenttrail.disagreements': [...call.disagreements],
    'agenttrail.findings': [...call.findings],
  })

const findingAttributes = (finding: FindingShape): Attributes =>
  known({
    'agenttrail.finding.id': finding.id,
    'agenttrail.finding.state': finding.state,
    'agenttrail.finding.severity': finding.severity,
    'agenttrail.finding.explanation': finding.explanation.text,
    'agenttrail.finding.calls': [...finding.calls],
    'security_rule.name': finding.ruleTitle,
    'security_rule.uuid': finding.ruleId,
  })

/** Unknown is left out, not written as empty. */
const known = (attributes: Attributes): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).filter(([, value]) => value !== '' && !(Array.isArray(value) && value.length === 0)),
  )
