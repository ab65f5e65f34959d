import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { startOtlp } from '../../src/telemetry/otlp.ts'
import { sampleHealth } from '../fakes/health.ts'
import { healthyStatus } from '../fakes/read-model.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

test('without an endpoint nothing starts', async () => {
  expect(await startOtlp({})).toBeNull()
  expect(await startOtlp({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: 'true' })).toBeNull()
})

test('with an endpoint it gets the metrics that /metrics shows', async () => {
  const received: { readonly path: string; readonly body: Buffer }[] = []
  const collector = createServer(async (request, response) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    received.push({ path: request.url ?? '', body: Buffer.concat(parts) })
    response.writeHead(200).end()
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  // The SDK reads its own settings from the process.
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', endpoint)
  vi.stubEnv('OTEL_EXPORTER_OTLP_PROTOCOL', 'http/protobuf')
  vi.stubEnv('OTEL_NODE_RESOURCE_DETECTORS', 'none')

  const otlp = await startOtlp(process.env)
  const metrics = createMetrics({ status: healthyStatus, health: sampleHealth, otlpMeter: otlp?.meter })
  await otlp?.stop()
  await metrics.stop()
  collector.close()

  const body = Buffer.concat(received.filter(({ path }) => path === '/v1/metrics').map((each) => each.body)).toString(
    'latin1',
  )
  expect(body).toContain('agenttrail_records_total')
  expect(body).toContain('agenttrail_event_loop_delay_seconds')
})
