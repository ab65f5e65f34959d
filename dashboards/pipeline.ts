import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { realm } from './conditions.ts'
import { type DashboardOptions, frame } from './frame.ts'
import { bars, lines, rows, stat, thresholds } from './panels.ts'
import { processPanels, requestPanels, storagePanels } from './pipeline-internals.ts'
import { promNow, promRange, table } from './queries.ts'
import { realmVariable } from './variables.ts'

/** Whether agenttrail itself is well: what comes in, how far behind it is, what it could not read, its store. */
export const pipeline = (options: DashboardOptions): DashboardBuilder => {
  const board = frame({
    ...options,
    uid: 'pipeline',
    title: 'Pipeline',
    description:
      'Whether agenttrail itself is well: what comes in, how far behind it is, what it could not read, its store.',
    from: 'now-3h',
  }).withVariable(realmVariable())
  flow(board)
  health(board)
  intake(board)
  sources(board)
  storagePanels(board)
  processPanels(board)
  return requestPanels(board)
}

const flow = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(
      stat({
        title: 'Records',
        description: 'Records per second over the last five minutes, whatever became of them.',
        queries: [promNow('sum(rate(agenttrail_records_total[5m]))', 'records')],
        width: 4,
        unit: 'cps',
        empty: 'no scrape',
      }),
    )
    .withPanel(
      stat({
        title: 'Behind',
        description: 'Age of the oldest record that is not analysed yet.',
        queries: [promNow('max(agenttrail_lag_seconds)', 'seconds')],
        width: 4,
        unit: 's',
        empty: 'no scrape',
        limits: thresholds([10, 'orange'], [60, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Rejected',
        description:
          'Share of records that no format could read, over the last 15 minutes. Most often a format changed.',
        queries: [
          promNow(
            'sum(rate(agenttrail_records_total{outcome="rejected"}[15m])) / (sum(rate(agenttrail_records_total[15m])) > 0)',
            'rejected',
          ),
        ],
        width: 4,
        unit: 'percentunit',
        empty: 'no records',
        limits: thresholds([0.001, 'yellow'], [0.01, 'red']),
      }),
    )

const health = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(
      stat({
        title: 'Log used',
        description: 'Of the space that the log may take. At 80 % sources are told to wait.',
        queries: [promNow('max(agenttrail_log_used_bytes / agenttrail_log_max_bytes)', 'used')],
        width: 4,
        unit: 'percentunit',
        empty: 'no scrape',
        limits: thresholds([0.5, 'orange'], [0.8, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Store',
        description: 'Instances whose store does not answer. Intake, detection and response go on without it.',
        queries: [promNow('sum(1 - agenttrail_store_answers)', 'down')],
        width: 4,
        empty: 'no scrape',
        limits: thresholds([1, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Snapshot age',
        description: 'A restart replays the log from the newest snapshot. Without records there is no new one.',
        queries: [promNow('max(agenttrail_snapshot_age_seconds)', 'age')],
        width: 4,
        unit: 's',
        empty: 'no snapshot yet',
        limits: thresholds([300, 'orange'], [900, 'red']),
      }),
    )

const intake = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Intake'))
    .withPanel(
      bars({
        title: 'Records by outcome',
        description: 'Every record ends as stored, ignored, duplicate or rejected; the four add up.',
        queries: [promRange('sum by (outcome) (rate(agenttrail_records_total[$__rate_interval]))', '{{outcome}}')],
        width: 8,
        unit: 'cps',
        empty: 'No records in this range.',
      }),
    )
    .withPanel(
      lines({
        title: 'Records by format',
        description: 'Which vendor writes how much.',
        queries: [promRange('sum by (format) (rate(agenttrail_records_total[$__rate_interval])) > 0', '{{format}}')],
        width: 8,
        unit: 'cps',
        empty: 'No records in this range.',
      }),
    )
    .withPanel(
      lines({
        title: 'Behind',
        description: 'Age of the oldest record that is not analysed yet. Findings are late by as much.',
        queries: [promRange('max by (instance) (agenttrail_lag_seconds)', '{{instance}}')],
        width: 8,
        unit: 's',
        empty: 'Prometheus does not scrape agenttrail.',
        limits: thresholds([10, 'orange'], [60, 'red']),
      }),
    )
    .withPanel(
      lines({
        title: 'Late, and at bounds',
        description:
          'Events after the lateness bound, and what happened at the bounds on what is in memory; see docs/metrics.md.',
        queries: [
          promRange('sum(rate(agenttrail_late_events_total[$__rate_interval]))', 'late events'),
          promRange('sum by (limit) (rate(agenttrail_limit_reached_total[$__rate_interval])) > 0', '{{limit}}', 'B'),
        ],
        width: 12,
        unit: 'cps',
        empty: 'Nothing was late, no bound was reached.',
      }),
    )
    .withPanel(
      rows({
        title: 'Dead letters',
        description: 'Records that no format could read, by reason. `agenttrail dead-letters` shows them one by one.',
        queries: [
          table(`SELECT source, format, reason, count() AS records, max(first_written) AS last_seen
FROM dead_letters WHERE ${realm} AND $__timeFilter(first_written)
GROUP BY source, format, reason ORDER BY records DESC LIMIT 100`),
        ],
        width: 12,
        height: 8,
        empty: 'Every record could be read.',
      }).overrideByName('last_seen', [{ id: 'unit', value: 'dateTimeFromNow' }]),
    )

const sources = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Sources'))
    .withPanel(
      lines({
        title: 'Records by source',
        description: 'As they come in. A source that falls to zero is silent: nothing tells what its agents do.',
        queries: [
          promRange(
            'sum by (realm, source) (rate(agenttrail_source_records_total[$__rate_interval]))',
            '{{realm}} {{source}}',
          ),
        ],
        width: 12,
        unit: 'cps',
        empty: 'No source brought anything in.',
      }),
    )
    .withPanel(
      lines({
        title: 'Clocks and delay',
        description: 'How far a source dates its events into the future, and how long they take to arrive.',
        queries: [
          promRange('max by (source) (agenttrail_source_clock_ahead_seconds)', '{{source}} ahead'),
          promRange('max by (source) (agenttrail_source_delay_seconds)', '{{source}} delay', 'B'),
        ],
        width: 12,
        unit: 's',
        empty: 'No source brought anything in.',
        limits: thresholds([5, 'orange'], [60, 'red']),
      }),
    )
    .withPanel(
      rows({
        title: 'Completeness',
        description:
          'What each source wrote: its longest silence, how far its clock runs ahead, and of a proxy its access lines per decision. Far from one, a kind of line is missing.',
        queries: [
          table(`SELECT source, format, count() AS events, max(at) AS last_seen, max(silence) AS longest_silence,
  quantile(0.5)(delay) AS usual_delay, min(delay) AS ahead, countIf(kind = 'decision') AS decisions, countIf(kind = 'access') AS accesses,
  countIf(kind = 'access') / nullIf(countIf(kind = 'decision'), 0) AS access_per_decision
FROM (SELECT source, format, kind, time AS at, dateDiff('millisecond', time, observed_time) / 1000 AS delay,
    dateDiff('second', lagInFrame(time, 1, time) OVER (PARTITION BY source, format ORDER BY time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), time) AS silence
  FROM events WHERE ${realm} AND $__timeFilter(time))
GROUP BY source, format ORDER BY events DESC LIMIT 200`),
        ],
        width: 24,
        height: 8,
        empty: 'No source wrote anything in this range.',
      })
        .overrideByName('last_seen', [{ id: 'unit', value: 'dateTimeFromNow' }])
        .overrideByRegexp('longest_silence|usual_delay|ahead', [{ id: 'unit', value: 's' }])
        .overrideByName('access_per_decision', [{ id: 'decimals', value: 2 }]),
    )
