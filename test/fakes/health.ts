import type { HealthReadings } from '../../src/telemetry/health-metrics.ts'

/** A pipeline with one source and one verified revocation. */
export const sampleHealth = (): HealthReadings => ({
  snapshotAgeSeconds: 31,
  sources: [{ realm: 'default', source: 'edge', records: 1842, lastRecordAt: 1_777_888_800 }],
  storeAnswers: true,
  events: [{ realm: 'default', source: 'edge', aheadSeconds: 0.2, delaySeconds: 1.5, decisions: 60, accesses: 58 }],
  actions: [{ kind: 'revoke', state: 'verified', count: 1 }],
  responseTimes: [{ kind: 'revoke', milestone: 'enforced', p50: 0.01, p99: 0.2, max: 0.3 }],
  levers: [
    { lever: 'decision-service', answers: { accepted: 0, enforced: 1, failed: 0 }, retries: 0, isBroken: false },
  ],
})
