import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { allMetrics } from '../../../src/telemetry/all-metrics.ts'
import { createMetrics } from '../../../src/telemetry/metrics.ts'
import { sampleHealth } from '../../fakes/health.ts'
import { healthyStatus } from '../../fakes/read-model.ts'

const measured = async (): Promise<string> => {
  const made = createMetrics({ status: healthyStatus, health: sampleHealth })
  made.requestAnswered({ route: '/api/v1/sessions/:id', method: 'GET', status: 404, seconds: 0.004 })
  made.requestAnswered({ route: 'none', method: 'PROPFIND', status: 404, seconds: 0.004 })
  const { text } = await made.text('')
  await made.stop()
  return text
}

describe('createMetrics', () => {
  test('measures what the table says and nothing else', async () => {
    const text = await measured()
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => `${name} ${kind}`)
    expect(types.toSorted()).toEqual(allMetrics.map(({ name, kind }) => `${name} ${kind}`).toSorted())
  })

  test('uses the labels that the table says', async () => {
    const text = await measured()
    for (const { name, labels } of allMetrics) {
      const line = text.match(new RegExp(`^${name}(?:_count)?(?:\\{(.*)\\})? `, 'm'))
      const found = [...(line?.[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label)
      expect([name, ...found]).toEqual([name, ...labels])
    }
  })

  test('gives the status as it is', async () => {
    const text = await measured()
    expect(text).toContain('agenttrail_records_total{format="pomerium",outcome="stored"} 1842\n')
    expect(text).toContain('agenttrail_stored_position{partition="0"} 2090\n')
    expect(text).toContain('agenttrail_store_state{state="up"} 1\n')
    expect(text).toContain('agenttrail_store_state{state="down"} 0\n')
  })

  test('keeps labels to small sets', async () => {
    const text = await measured()
    expect(text).toContain('_count{route="/api/v1/sessions/:id",method="GET",status="4xx"} 1\n')
    expect(text).toContain('_count{route="none",method="other",status="4xx"} 1\n')
  })
})

test('docs/metrics.md lists every metric as it is', async () => {
  const page = await readFile('docs/metrics.md', 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `'))
  // A formatter may pad the cells.
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
  const expected = allMetrics.map(({ name, kind, labels, help }) => {
    const listed = labels.map((label) => `\`${label}\``).join(', ') || '–'
    return [`\`${name}\``, kind, listed, help]
  })
  expect(cells).toEqual(expected)
})
