import { type Meter, metrics } from '@opentelemetry/api'

export interface Otlp {
  readonly meter: Meter
  /** Sends what is left. */
  readonly stop: () => Promise<void>
}

/**
 * Starts the OpenTelemetry SDK by its own `OTEL_*` settings, or null where no endpoint is set: then nothing of it is
 * even loaded, which saves a tenth of a second and 30 MB at start.
 */
export const startOtlp = async (env: Readonly<Record<string, string | undefined>>): Promise<Otlp | null> => {
  const endpoint = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''
  if (endpoint === '' || env['OTEL_SDK_DISABLED'] === 'true') return null
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const sdk = new NodeSDK({ serviceName: env['OTEL_SERVICE_NAME'] ?? 'agenttrail' })
  sdk.start()
  return { meter: metrics.getMeter('agenttrail'), stop: () => sdk.shutdown() }
}
