import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Effect } from '../../src/respond/effect.ts'
import type { Lever } from '../../src/respond/lever.ts'
import { createAlertmanagerLever } from '../../src/respond/levers/alertmanager.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { sampleHealth } from '../fakes/health.ts'
import { type HttpReceiver, startHttpReceiver } from '../fakes/http-receiver.ts'
import { makePage, makePageEffect } from '../fakes/page-effects.ts'
import { isPrometheusMissing, type Part, startAlertmanager, startPrometheus } from '../fakes/prometheus-parts.ts'
import { healthyStatus } from '../fakes/read-model.ts'

/*
Goal: a real Alertmanager takes our pages, groups those of a realm, keeps one alert for an incident however often it is told,
and says that they are over; a real Prometheus reads our metrics and fires our rules about agenttrail itself.
Method: both from Debian, with a receiver behind them that remembers what it is told.
*/
interface Notification {
  readonly status: string
  readonly groupLabels: Readonly<Record<string, string>>
  readonly alerts: readonly {
    readonly status: string
    readonly labels: Readonly<Record<string, string>>
    readonly annotations: Readonly<Record<string, string>>
  }[]
}

describe.skipIf(isPrometheusMissing())('Alertmanager', () => {
  let receiver: HttpReceiver
  let alertmanager: Part
  let lever: Lever
  const links = { publicUrl: 'https://audit.example.com', runbookUrl: null }
  const signal = new AbortController().signal

  beforeAll(async () => {
    receiver = await startHttpReceiver()
    alertmanager = await startAlertmanager(receiver.url)
    lever = createAlertmanagerLever({ name: 'a', url: alertmanager.url, links, now: Date.now })
  }, 60_000)
  afterAll(async () => {
    await alertmanager?.stop()
    await receiver?.close()
  })

  const effectOf = (incidentId: string, change: Parameters<typeof makePage>[0] = {}): Effect => {
    const times = { timeMs: Date.now() - 1_000, untilMs: Date.now() + 3_600_000 }
    return makePageEffect('a', makePage({ ...times, incidentId, ...change }))
  }
  const told = (): readonly Notification[] => receiver.requests.map(({ text }) => JSON.parse(text) as Notification)
  const lastOf = (incidentId: string) =>
    told()
      .flatMap(({ alerts }) => alerts)
      .findLast(({ labels }) => labels['incident'] === incidentId)
  const poll = (read: () => unknown) => expect.poll(read, { timeout: 20_000, interval: 100 })

  test('fires, groups the incidents of a realm, and resolves', async () => {
    const one = effectOf('f-1')
    expect(await lever.apply(one, signal)).toMatchObject({ state: 'accepted' })
    await lever.apply(one, signal)
    await lever.apply(effectOf('f-2'), signal)
    await poll(() => lastOf('f-2')?.status).toBe('firing')
    const both = told().find(({ alerts }) => alerts.length === 2)
    expect(both?.groupLabels).toEqual({ alertname: 'AgenttrailIncident', realm: 'default' })
    expect(both?.alerts.map(({ labels }) => labels['incident']).sort()).toEqual(['f-1', 'f-2'])
    expect(both?.alerts[0]?.annotations).toMatchObject({
      summary: '[high] Burst of refused calls: agent-1 for mira@example.com',
      session_url: 'https://audit.example.com/#/sessions/s-1',
    })
    const kept = (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as readonly unknown[]
    expect(kept).toHaveLength(2)

    await lever.lift(effectOf('f-1', { ended: 'finding f-1 was withdrawn' }), signal)
    await poll(() => lastOf('f-1')?.status).toBe('resolved')
    expect(lastOf('f-1')?.annotations['ended']).toBe('finding f-1 was withdrawn')
    expect(lastOf('f-2')?.status).toBe('firing')
  }, 60_000)

  test('knows an incident that got worse by its new severity alone', async () => {
    await lever.apply(effectOf('f-3', { severity: 'medium' }), signal)
    await poll(() => lastOf('f-3')?.labels['severity']).toBe('medium')
    await lever.apply(effectOf('f-3', { severity: 'critical', severitiesBefore: ['medium'] }), signal)
    const open = async () => {
      const response = await fetch(`${alertmanager.url}/api/v2/alerts?filter=incident%3D%22f-3%22`)
      const alerts = (await response.json()) as readonly { readonly labels: Readonly<Record<string, string>> }[]
      return alerts.map(({ labels }) => labels['severity'])
    }
    await poll(open).toEqual(['critical'])
  }, 60_000)

  test('is told by Prometheus of what is wrong with agenttrail, and that it is over', async () => {
    const healthy = healthyStatus()
    let status: typeof healthy = { ...healthy, store: { ...healthy.store, state: 'down' } }
    const metrics = createMetrics({ status: () => status, health: sampleHealth, otlpMeter: undefined })
    const target = await startHttpReceiver()
    const serve = async (): Promise<void> => {
      const { contentType, text } = await metrics.text('application/openmetrics-text')
      target.answer = { status: 200, body: text, headers: { 'content-type': contentType } }
    }
    await serve()
    // As shipped, but for the time that a state must last.
    const shipped = await readFile(new URL('../../deploy/prometheus/agenttrail.rules.yaml', import.meta.url), 'utf8')
    const rules = shipped.replaceAll(/for: \d+m/g, 'for: 0s')
    const prometheus = await startPrometheus({ target: target.url, alertmanager: alertmanager.url, rules })
    const statusOf = () =>
      told()
        .flatMap(({ alerts }) => alerts)
        .findLast(({ labels }) => labels['alertname'] === 'AgenttrailStoreDown')?.status
    await poll(statusOf).toBe('firing')
    status = healthy
    await serve()
    await poll(statusOf).toBe('resolved')
    await prometheus.stop()
    await metrics.stop()
    await target.close()
  }, 90_000)
})
