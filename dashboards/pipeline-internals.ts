import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { lines, thresholds } from './panels.ts'
import { promRange } from './queries.ts'

/** The log, and what is behind it. */
export const storagePanels = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Log and store'))
    .withPanel(
      lines({
        title: 'Log',
        description: 'Space that the log takes, and may take. It grows while the store is away.',
        queries: [
          promRange('max by (instance) (agenttrail_log_used_bytes)', '{{instance}} used'),
          promRange('max by (instance) (agenttrail_log_max_bytes)', '{{instance}} may use', 'B'),
        ],
        width: 8,
        unit: 'bytes',
        empty: 'Prometheus does not scrape agenttrail.',
      }),
    )
    .withPanel(
      lines({
        title: 'Analysed, but not stored',
        description: 'Entries of the log that are analysed and not in the store yet.',
        queries: [
          promRange('max by (instance) (agenttrail_analysed_position - agenttrail_stored_position)', '{{instance}}'),
        ],
        width: 8,
        unit: 'short',
        empty: 'Prometheus does not scrape agenttrail.',
      }),
    )
    .withPanel(
      lines({
        title: 'Store',
        description: '1 while the store answers. Below, how often the embedded engine had to be started again.',
        queries: [
          promRange('min by (instance) (agenttrail_store_state{state="up"})', '{{instance}} up'),
          promRange(
            'sum by (instance) (increase(agenttrail_store_restarts_total[$__rate_interval]))',
            '{{instance}} restarts',
            'B',
          ),
        ],
        width: 8,
        empty: 'Prometheus does not scrape agenttrail.',
      }),
    )

/** Threads, processor, memory. */
export const processPanels = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Processes'))
    .withPanel(
      lines({
        title: 'Event loop delay',
        description: 'How long the main thread keeps everybody waiting. Acknowledgements wait as long.',
        queries: [
          promRange('max by (instance) (agenttrail_event_loop_delay_seconds{statistic="p99"})', '{{instance}} p99'),
          promRange(
            'max by (instance) (agenttrail_event_loop_delay_seconds{statistic="max"})',
            '{{instance}} max',
            'B',
          ),
        ],
        width: 8,
        unit: 's',
        empty: 'Prometheus does not scrape agenttrail.',
        limits: thresholds([0.1, 'orange'], [1, 'red']),
      }),
    )
    .withPanel(
      lines({
        title: 'Processor',
        description: 'Cores in use, and what the analysing thread uses them for.',
        queries: [
          promRange('sum by (instance) (rate(agenttrail_process_cpu_seconds_total[$__rate_interval]))', '{{instance}}'),
          promRange('sum by (stage) (rate(agenttrail_stage_cpu_seconds_total[$__rate_interval]))', '{{stage}}', 'B'),
        ],
        width: 8,
        unit: 'short',
        empty: 'Prometheus does not scrape agenttrail.',
      }),
    )
    .withPanel(
      lines({
        title: 'Memory, and what is live',
        description: 'Resident memory; on the right what the analyser keeps open.',
        queries: [
          promRange('max by (instance) (agenttrail_process_resident_bytes)', '{{instance}}'),
          promRange('sum(agenttrail_calls_live)', 'calls', 'B'),
          promRange('sum(agenttrail_sessions_live)', 'sessions', 'C'),
        ],
        width: 8,
        unit: 'bytes',
        empty: 'Prometheus does not scrape agenttrail.',
      }).overrideByRegexp('calls|sessions', [
        { id: 'unit', value: 'short' },
        { id: 'custom.axisPlacement', value: 'right' },
      ]),
    )

/** What is asked of it. */
export const requestPanels = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(
      lines({
        title: 'Requests',
        description: 'Requests per second that were answered, by status class.',
        queries: [
          promRange(
            'sum by (status) (rate(agenttrail_http_request_duration_seconds_count[$__rate_interval]))',
            '{{status}}',
          ),
        ],
        width: 12,
        unit: 'reqps',
        empty: 'No request in this range.',
      }),
    )
    .withPanel(
      lines({
        title: 'Slow requests',
        description:
          'By route, the slowest hundredth. `POST /v1/records` is the acknowledgement: the time until records are durable.',
        queries: [
          promRange(
            'histogram_quantile(0.99, sum by (le, route) (rate(agenttrail_http_request_duration_seconds_bucket[$__rate_interval])))',
            '{{route}}',
          ),
        ],
        width: 12,
        unit: 's',
        empty: 'No request in this range.',
      }),
    )
