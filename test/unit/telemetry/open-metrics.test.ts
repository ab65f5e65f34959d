import { describe, expect, test } from 'vitest'
import { createMetrics } from '../../../src/telemetry/metrics.ts'
import { chooseMetricsText, toOpenMetrics } from '../../../src/telemetry/open-metrics.ts'
import { sampleHealth } from '../../fakes/health.ts'
import { healthyStatus } from '../../fakes/read-model.ts'

describe('toOpenMetrics', () => {
  test('names a counter without _total, its samples with it, and ends', () => {
    const prometheus = `# HELP a_total All of a_total.
# TYPE a_total counter
a_total{x="y_total"} 3
# HELP b_bytes B.
# TYPE b_bytes gauge
# UNIT b_bytes By
b_bytes 7
`
    expect(toOpenMetrics(prometheus)).toBe(`# HELP a All of a_total.
# TYPE a counter
a_total{x="y_total"} 3
# HELP b_bytes B.
# TYPE b_bytes gauge
b_bytes 7
# EOF
`)
  })

  test('writes the bounds of a histogram as floats', () => {
    const lines = ['h_bucket{route="/",le="0.5"} 1', 'h_bucket{route="/",le="10"} 2', 'h_bucket{route="/",le="+Inf"} 2']
    const converted = toOpenMetrics(['# TYPE h histogram', ...lines].join('\n'))
    expect(converted.match(/le="[^"]+"/g)).toEqual(['le="0.5"', 'le="10.0"', 'le="+Inf"'])
  })

  test('leaves a gauge whose name ends in _total alone', () => {
    expect(toOpenMetrics('# TYPE g_total gauge\ng_total 1\n')).toBe('# TYPE g_total gauge\ng_total 1\n# EOF\n')
  })
})

test.each([
  ['', 'prometheus'],
  ['*/*', 'prometheus'],
  ['text/html,*/*;q=0.8', 'prometheus'],
  ['application/openmetrics-text', 'openMetrics'],
  ['text/plain;version=0.0.4;q=0.5, application/openmetrics-text;version=1.0.0;q=0.3', 'prometheus'],
  ['application/openmetrics-text;q=0', 'prometheus'],
  // What Prometheus 3 sends.
  [
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'openMetrics',
  ],
])('Accept "%s" is answered with %s', (accept, expected) => {
  expect(chooseMetricsText(accept)).toBe(expected)
})

test('the metrics are given as what was asked for', async () => {
  const metrics = createMetrics({ status: healthyStatus, health: sampleHealth })
  const asked = await metrics.text('application/openmetrics-text')
  expect(asked.contentType).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
  expect(asked.text).toContain('# TYPE agenttrail_records counter\n')
  expect(asked.text).toContain('agenttrail_records_total{format="pomerium",outcome="stored"} 1842\n')
  expect(asked.text.endsWith('\n# EOF\n')).toBe(true)
  expect((await metrics.text('')).contentType).toBe('text/plain; version=0.0.4; charset=utf-8')
  await metrics.stop()
})
