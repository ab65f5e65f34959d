import { committedDashboards, sqlOf } from '../test/fakes/dashboard-json.ts'
import { type DashboardState, expandQuery } from '../test/fakes/grafana-query.ts'
import { openTestStore, type TestStore } from '../test/fakes/test-store.ts'

/** Of the bar; fewer for a quick look. */
const callsDefault = 20_000_000
const chunkRows = 200_000
const runs = 3
const dayMs = 86_400_000

/**
 * How long the queries of the dashboards take over many calls: a month of them, asked as the dashboards stand when they are
 * opened. `BENCH_CALLS` makes it fewer.
 */
export const dashboards = async (): Promise<void> => {
  const calls = Number(process.env['BENCH_CALLS'] ?? callsDefault)
  const store = await openTestStore()
  const nowMs = Date.now()
  try {
    await fill(store, { calls, nowMs })
    const rows = await measure(store, nowMs)
    const sorted = rows.map(({ ms }) => ms).sort((a, b) => a - b)
    const at = (share: number): number => Math.round(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
    for (const { where, ms } of rows.sort((a, b) => b.ms - a.ms).slice(0, 10)) {
      console.log(`${String(Math.round(ms)).padStart(7)} ms  ${where}`)
    }
    console.log(JSON.stringify({ calls, queries: rows.length, p50Ms: at(0.5), p95Ms: at(0.95), maxMs: at(1) }))
  } finally {
    await store.close()
  }
}

const fill = async (store: TestStore, { calls, nowMs }: { calls: number; nowMs: number }): Promise<void> => {
  const fromMs = nowMs - 30 * dayMs
  for (let first = 0; first < calls; first += chunkRows) {
    const rows = Math.min(chunkRows, calls - first)
    console.error(`${first + rows} calls`)
    // Time runs with the number, as it does where calls are stored as they come.
    await store.client.command(`INSERT INTO calls (log_epoch, log_mark, sign, id, realm, time, end_time, duration_us, session_id,
        agent_id, agent_name, user_email, server, method, tool, decision, layers, outcome, disagreements, first_written, version)
      SELECT 'bench', ${first}, 1, concat('c', toString(number)), 'default',
        fromUnixTimestamp64Micro(toInt64(${fromMs} * 1000 + intDiv(number * ${30 * dayMs}, ${calls}) * 1000)) AS t, t,
        cityHash64(number) % 2000000, concat('s', toString(intDiv(number, 40))), concat('agent:', toString(intDiv(number, 40) % 200)),
        concat('agent ', toString(intDiv(number, 40) % 200)), concat('user-', toString(intDiv(number, 40) % 500), '@acme.test'),
        concat('server-', toString(number % 12)), 'tools/call', concat('tool_', toString(number % 90)),
        if(number % 29 = 0, 'deny', 'allow'),
        '[{"layer":"proxy","decision":"allow"},{"layer":"gateway","decision":"deny"}]',
        if(number % 29 = 0, 'denied', if(number % 50 = 0, 'tool_error', 'success')),
        if(number % 1000 = 0, ['bypassed_proxy'], []), now64(3), 1
      FROM numbers(${first}, ${rows})`)
    await store.client.command(`INSERT INTO sessions (log_epoch, log_mark, sign, id, realm, start_time, end_time, agent_id,
        agent_name, user_email, calls, denies, basis, confidence_milli, status, first_written, version)
      SELECT 'bench', ${first}, 1, concat('s', toString(number)), 'default',
        fromUnixTimestamp64Micro(toInt64(${fromMs} * 1000 + intDiv(number * 40 * ${30 * dayMs}, ${calls}) * 1000)) AS t, t,
        concat('agent:', toString(number % 200)), concat('agent ', toString(number % 200)),
        concat('user-', toString(number % 500), '@acme.test'), 40, 1, 'mcp_session', 950, 'ended', now64(3), 1
      FROM numbers(${Math.floor(first / 40)}, ${Math.ceil(rows / 40)})`)
  }
}

/** How far back each dashboard looks when it is opened. */
const hours: Readonly<Record<string, number>> = { fleet: 6, servers: 6, findings: 24, session: 24, pipeline: 3 }

const measure = async (store: TestStore, nowMs: number): Promise<{ readonly where: string; readonly ms: number }[]> => {
  const measured: { where: string; ms: number }[] = []
  for (const [name, board] of Object.entries(committedDashboards())) {
    const state: DashboardState = {
      fromMs: nowMs - (hours[name] ?? 6) * 3_600_000,
      toMs: nowMs,
      intervalSeconds: 30,
      variables: { realm: 'default', agent: '$__all', server: '$__all', session: 's499900' },
    }
    for (const { where, sql } of sqlOf(board)) {
      const expanded = expandQuery(sql, state)
      let ms = Number.POSITIVE_INFINITY
      for (let run = 0; run < runs; run += 1) {
        const began = performance.now()
        await store.client.query(expanded)
        // The best of a few: other work on the machine is not the query's.
        ms = Math.min(ms, performance.now() - began)
      }
      measured.push({ where: `${name}: ${where}`, ms })
    }
  }
  return measured
}
