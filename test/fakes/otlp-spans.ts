import type { ISerializer } from '@opentelemetry/otlp-transformer'

/** What a serializer of the OpenTelemetry SDK takes: finished spans, or finished log records. */
type Finished<Serializer> = Serializer extends ISerializer<infer Input, unknown> ? Input : never

const hrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), (ms % 1000) * 1_000_000]
const startMs = 1_795_506_816_000

const resourceOf = (serviceName: string) => ({ attributes: { 'service.name': serviceName } })
const scope = { name: 'test', version: '1' }

/** A finished span as the SDK hands it to an exporter. */
export const finishedSpan = (part: {
  readonly name: string
  readonly spanId: string
  readonly serviceName?: string
  readonly attributes?: Readonly<Record<string, string | number | boolean>>
}) => {
  const traceId = '5b8efff798038103d269b633813fc60c'
  return {
    name: part.name,
    kind: 2,
    spanContext: () => ({ traceId, spanId: part.spanId, traceFlags: 1 }),
    startTime: hrTime(startMs),
    endTime: hrTime(startMs + 250),
    duration: hrTime(250),
    ended: true,
    status: { code: 1 },
    attributes: part.attributes ?? {},
    links: [{ context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }, attributes: {} }],
    events: [{ name: 'noted', time: hrTime(startMs + 1), attributes: { n: 1 } }],
    resource: resourceOf(part.serviceName ?? 'agent'),
    instrumentationScope: scope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  } as unknown as Finished<typeof import('@opentelemetry/otlp-transformer').JsonTraceSerializer>[number]
}

/** A finished log record as the SDK hands it to an exporter. */
export const finishedLog = (part: { readonly attributes: Readonly<Record<string, string | number>> }) =>
  ({
    hrTime: hrTime(startMs),
    hrTimeObserved: hrTime(startMs + 1),
    severityNumber: 9,
    severityText: 'INFO',
    body: 'request',
    attributes: part.attributes,
    resource: resourceOf('agentgateway'),
    instrumentationScope: { name: 'agentgateway.access' },
    droppedAttributesCount: 0,
  }) as unknown as Finished<typeof import('@opentelemetry/otlp-transformer').JsonLogsSerializer>[number]
