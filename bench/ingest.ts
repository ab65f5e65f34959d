import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createStoreClient } from '../src/store/client.ts'
import type { LoadResult } from './generator-messages.ts'
import { cpuSeconds, residentBytes } from './process-usage.ts'
import { quantile, runLoad } from './run-load.ts'
import { type ServerProcess, startAgenttrail, startProcess, stopProcess } from './server-process.ts'
import { awaitStored, readStatus } from './server-status.ts'
import { readStages, stagesSince } from './stages.ts'

const linesOfMaximum = 1_000
const linesOfSteady = 100
const connections = 8
const warmupSeconds = 3
/** Serials of the phases: no two records of a run are the same. */
const serials = { warmup: 0, maximum: 0x1000_0000, steady: 0x2000_0000 }

interface Phase {
  readonly events: number
  readonly eventsPerSecond: number
  readonly cpuMicrosPerEvent: number
  readonly rssBytes: number
}

interface Counters {
  readonly stored: number
  readonly ignored: number
  readonly duplicate: number
  readonly rejected: number
}

/** `npm run bench -- ingest`: how much comes in, at what cost, beside the naive way in the same run. */
export const ingest = async (options: { readonly seconds: number }): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'agenttrail-bench-'))
  try {
    const baseline = await measureBaseline(join(dataDir, 'baseline'), options.seconds)
    const ours = await measureOurs(join(dataDir, 'ours'), options.seconds)
    report(ours, baseline)
  } finally {
    await rm(dataDir, { recursive: true, force: true })
  }
}

const measureBaseline = async (dataDir: string, seconds: number): Promise<Phase> => {
  const args = [fileURLToPath(new URL('baseline-server.ts', import.meta.url))]
  const server = await startProcess({ args, dataDir, readyPath: '/health/live' })
  const load = { url: server.url, lines: linesOfMaximum, connections, postsPerSecond: null }
  await runLoad({ ...load, seconds: warmupSeconds, firstSerial: serials.warmup })
  const phase = await measure(server, async () => {
    const result = await runLoad({ ...load, seconds, firstSerial: serials.maximum })
    return { result, endMs: result.lastAckMs }
  })
  await stopProcess(server)
  return phase
}

const measureOurs = async (dataDir: string, seconds: number) => {
  const server = await startAgenttrail({ dataDir })
  const load = { url: server.url, connections, seconds }
  const maximum = { ...load, lines: linesOfMaximum, postsPerSecond: null }
  const warmup = await runLoad({ ...maximum, seconds: warmupSeconds, firstSerial: serials.warmup })
  await awaitStored(server, warmup)
  const stagesBefore = await readStages(server)
  const phase = await measure(server, async () => {
    const result = await runLoad({ ...maximum, firstSerial: serials.maximum })
    return { result, endMs: await awaitStored(server, result) }
  })
  const stages = stagesSince(stagesBefore, await readStages(server))
  const postsPerSecond = phase.eventsPerSecond / 2 / linesOfSteady
  const steady = await runLoad({
    ...load,
    lines: linesOfSteady,
    connections: 64,
    postsPerSecond,
    firstSerial: serials.steady,
  })
  await awaitStored(server, steady)
  const accepted = warmup.accepted + phase.events + steady.accepted
  const counters = await readCounters(server)
  const inStore = await countStored(server)
  await stopProcess(server)
  return { phase, steady, accepted, counters, inStore, stages }
}

/** From the first post until all is stored, with the CPU of the server and everything below it. */
const measure = async (
  server: ServerProcess,
  run: () => Promise<{ readonly result: LoadResult; readonly endMs: number }>,
): Promise<Phase> => {
  let rssBytes = 0
  const sampling = setInterval(() => {
    rssBytes = Math.max(rssBytes, residentBytes(server.pid))
  }, 500)
  const before = cpuSeconds(server.pid)
  const { result, endMs } = await run()
  const used = cpuSeconds(server.pid) - before
  clearInterval(sampling)
  if (result.failed > 0) console.error(`${result.failed} posts failed`)
  if (result.refused > 0) console.error(`${result.refused} posts were told to wait`)
  const seconds = (endMs - result.firstPostMs) / 1_000
  return {
    events: result.accepted,
    eventsPerSecond: result.accepted / seconds,
    cpuMicrosPerEvent: (used * 1e6) / result.accepted,
    rssBytes,
  }
}

const readCounters = async (server: ServerProcess): Promise<Counters> => {
  const { records } = (await readStatus(server)) as { records: Record<string, Counters> }
  const sum = { stored: 0, ignored: 0, duplicate: 0, rejected: 0 }
  for (const counts of Object.values(records)) {
    for (const name of ['stored', 'ignored', 'duplicate', 'rejected'] as const) sum[name] += counts[name]
  }
  return sum
}

const countStored = async (server: ServerProcess): Promise<{ readonly rows: number; readonly distinct: number }> => {
  const client = createStoreClient({ socketPath: server.engineSocket })
  const [counted] = await client.query<{ rows: number; distinct: number }>(
    'SELECT count() AS rows, uniqExact(event_id) AS distinct FROM events',
  )
  await client.close()
  return counted ?? { rows: 0, distinct: 0 }
}

const report = (ours: Awaited<ReturnType<typeof measureOurs>>, baseline: Phase): void => {
  const { phase, steady, accepted, counters, inStore, stages } = ours
  const ends = counters.stored + counters.ignored + counters.duplicate + counters.rejected
  const summary = {
    eventsPerSecond: round(phase.eventsPerSecond, 0),
    baselineEventsPerSecond: round(baseline.eventsPerSecond, 0),
    ratio: round(phase.eventsPerSecond / baseline.eventsPerSecond, 2),
    cpuRatio: round(phase.cpuMicrosPerEvent / baseline.cpuMicrosPerEvent, 2),
    cpuMicrosPerEvent: round(phase.cpuMicrosPerEvent, 1),
    baselineCpuMicrosPerEvent: round(baseline.cpuMicrosPerEvent, 1),
    ackP50Ms: round(quantile(steady.ackMs, 0.5), 1),
    ackP99Ms: round(quantile(steady.ackMs, 0.99), 1),
    rssBytes: phase.rssBytes,
    accepted,
    ...counters,
    // Every accepted record has one end, and every stored one is in the store, once.
    balanced: ends === accepted && inStore.rows === counters.stored && inStore.distinct === inStore.rows,
  }
  console.table({
    agenttrail: {
      'events/s': summary.eventsPerSecond,
      'CPU µs/event': summary.cpuMicrosPerEvent,
      'RSS MB': Math.round(phase.rssBytes / 1e6),
    },
    baseline: {
      'events/s': summary.baselineEventsPerSecond,
      'CPU µs/event': summary.baselineCpuMicrosPerEvent,
      'RSS MB': Math.round(baseline.rssBytes / 1e6),
    },
  })
  console.log(
    `Acknowledged at half of that, in posts of ${linesOfSteady}: p50 ${summary.ackP50Ms} ms, p99 ${summary.ackP99Ms} ms`,
  )
  console.log(`${accepted} accepted; ${inStore.rows} rows in the store, ${inStore.distinct} of them distinct`)
  const perEvent = (seconds: number) => ({ 'CPU µs/event': round((seconds * 1e6) / phase.events, 1) })
  console.table(Object.fromEntries(Object.entries(stages).map(([stage, seconds]) => [stage, perEvent(seconds)])))
  console.log(JSON.stringify(summary))
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
