import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { BatchObservableResult, Meter, Observable } from '@opentelemetry/api'
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { AggregationType, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import type { PipelineStatus } from '../api/read-model.ts'
import { type HealthReadings, healthMetrics } from './health-metrics.ts'
import { metricTable, type ReadMetric, statusMetrics } from './metric-table.ts'
import { chooseMetricsText, openMetricsType, toOpenMetrics } from './open-metrics.ts'

/** What is known of an answered request: `route` is its pattern, never its path, so that labels stay few. */
export interface AnsweredRequest {
  readonly route: string
  readonly method: string
  readonly status: number
  readonly seconds: number
}

export interface MetricsDeps {
  readonly status: () => PipelineStatus
  readonly health: () => HealthReadings
  /** Gets the same metrics besides `/metrics`: an OTLP exporter's. */
  readonly otlpMeter?: Meter | undefined
}

/** Our metrics by the OpenTelemetry SDK: read when asked, so that a running pipeline pays nothing for them. */
export interface Metrics {
  /** For `/metrics`: OpenMetrics where `accept` prefers it, else Prometheus text. */
  readonly text: (accept: string) => Promise<{ readonly contentType: string; readonly text: string }>
  readonly requestAnswered: (request: AnsweredRequest) => void
  readonly stop: () => Promise<void>
}

export const createMetrics = (deps: MetricsDeps): Metrics => {
  const pull = new PullReader()
  const provider = new MeterProvider({
    readers: [pull],
    views: [
      {
        instrumentName: metricTable.httpRequestDuration.name,
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10] },
        },
      },
    ],
  })
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  const meters = [provider.getMeter('agenttrail'), ...(deps.otlpMeter === undefined ? [] : [deps.otlpMeter])]
  const { name, help, unit } = metricTable.httpRequestDuration
  const durations = meters.map((meter) => {
    observeAll(meter, statusMetrics, deps.status)
    observeAll(meter, healthMetrics, deps.health)
    observeProcess(meter, delay)
    return meter.createHistogram(name, { description: help, unit })
  })
  const serializer = new PrometheusSerializer('', false, undefined, true, true)

  return {
    text: async (accept) => {
      const { resourceMetrics } = await pull.collect()
      const prometheus = serializer.serialize(resourceMetrics)
      return chooseMetricsText(accept) === 'openMetrics'
        ? { contentType: openMetricsType, text: toOpenMetrics(prometheus) }
        : { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: prometheus }
    },
    requestAnswered: ({ route, method, status, seconds }) => {
      const labels = { route, method: knownMethod(method), status: `${Math.floor(status / 100)}xx` }
      for (const each of durations) each.record(seconds, labels)
    },
    stop: async () => {
      delay.disable()
      await provider.shutdown()
    },
  }
}

/** A client chooses its method's name; labels come from a small fixed set. */
const knownMethod = (method: string): string =>
  ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'].includes(method) ? method : 'other'

/** Collects only when asked. */
class PullReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const observeAll = <T>(meter: Meter, list: readonly ReadMetric<T>[], read: () => T): void => {
  const made = list.map((metric) => ({ metric, instrument: instrumentOf(meter, metric) }))
  // One reading for all of them, so that they belong together.
  const observe = (result: BatchObservableResult): void => {
    const current = read()
    for (const { metric, instrument } of made) {
      for (const { value, labels } of metric.read(current)) result.observe(instrument, value, labels)
    }
  }
  meter.addBatchObservableCallback(
    observe,
    made.map(({ instrument }) => instrument),
  )
}

const instrumentOf = (
  meter: Meter,
  metric: { readonly name: string; readonly help: string; readonly unit: string; readonly kind: string },
): Observable => {
  const options = { description: metric.help, unit: metric.unit }
  return metric.kind === 'counter'
    ? meter.createObservableCounter(metric.name, options)
    : meter.createObservableGauge(metric.name, options)
}

const observeProcess = (meter: Meter, delay: ReturnType<typeof monitorEventLoopDelay>): void => {
  const { eventLoopDelay, memory, cpu } = metricTable
  instrumentOf(meter, eventLoopDelay).addCallback((result) => {
    // An empty histogram's percentiles mean nothing.
    const seconds = (nanos: number): number => (delay.count === 0 ? 0 : nanos / 1e9)
    result.observe(seconds(delay.percentile(50)), { statistic: 'p50' })
    result.observe(seconds(delay.percentile(99)), { statistic: 'p99' })
    result.observe(seconds(delay.max), { statistic: 'max' })
    delay.reset()
  })
  instrumentOf(meter, memory).addCallback((result) => result.observe(process.memoryUsage.rss()))
  instrumentOf(meter, cpu).addCallback((result) => {
    const { user, system } = process.cpuUsage()
    result.observe((user + system) / 1e6)
  })
}
