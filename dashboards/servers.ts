import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { callsOfServers } from './conditions.ts'
import { type DashboardOptions, frame } from './frame.ts'
import { serverLinks } from './links.ts'
import { bars, lines, rows, stat, thresholds } from './panels.ts'
import { series, table } from './queries.ts'
import { realmVariable, serverVariable } from './variables.ts'
import { colorOf } from './words.ts'

/** A refused call is no failure of the server. */
const failed = "outcome IN ('tool_error', 'protocol_error', 'timeout', 'failure')"
const ms = 'duration_us / 1000000'

/** Traffic, errors and latency of MCP servers and their tools, as agents meet them. */
export const servers = (options: DashboardOptions): DashboardBuilder => {
  const board = frame({
    ...options,
    uid: 'servers',
    title: 'MCP servers',
    description: 'Traffic, errors and latency of MCP servers and their tools, as agents meet them.',
    from: 'now-6h',
  })
    .withVariable(realmVariable())
    .withVariable(serverVariable())
  numbers(board)
  overTime(board)
  return byName(board)
}

const numbers = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(
      stat({
        title: 'Servers',
        description: 'MCP servers that were called.',
        queries: [table(`SELECT uniqExactIf(server, server != '') AS servers FROM calls WHERE ${callsOfServers}`)],
        width: 6,
        empty: '0',
      }),
    )
    .withPanel(
      stat({
        title: 'Calls',
        description: 'Calls of any method.',
        queries: [table(`SELECT sum(sign) AS calls FROM calls WHERE ${callsOfServers}`)],
        width: 6,
        unit: 'short',
        empty: '0',
      }),
    )
    .withPanel(
      stat({
        title: 'Errors',
        description:
          'Share of calls that ended in a tool or protocol error, a timeout or a failure. Refused calls are none.',
        queries: [
          table(`SELECT sumIf(sign, ${failed}) / nullIf(sum(sign), 0) AS errors FROM calls WHERE ${callsOfServers}`),
        ],
        width: 6,
        unit: 'percentunit',
        empty: 'no calls',
        limits: thresholds([0.01, 'yellow'], [0.05, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Latency, p95',
        description: 'As the outermost layer measured it. Streams count until they end.',
        queries: [
          table(`SELECT quantileOrNull(0.95)(${ms}) AS seconds FROM agent_calls
WHERE ${callsOfServers} AND duration_us IS NOT NULL`),
        ],
        width: 6,
        unit: 's',
        empty: 'not measured',
        limits: thresholds([1, 'yellow'], [5, 'red']),
      }),
    )

const overTime = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Over time'))
    .withPanel(
      bars({
        title: 'Calls by outcome',
        description: '"unknown" is where no layer told how the call ended.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, outcome, sum(sign) AS calls FROM calls
WHERE ${callsOfServers} GROUP BY bucket, outcome ORDER BY bucket`),
        ],
        width: 12,
        empty: 'No calls in this range.',
      })
        .overrideByRegexp('.*success.*', colorOf('success'))
        .overrideByRegexp('.*denied.*', colorOf('denied'))
        .overrideByRegexp('.*error.*', colorOf('tool_error'))
        .overrideByRegexp('.*failure.*', colorOf('failure')),
    )
    .withPanel(
      lines({
        title: 'Calls by server',
        description: 'Calls per second.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, server, sum(sign) / $__interval_s AS calls FROM calls
WHERE ${callsOfServers} AND server != '' GROUP BY bucket, server ORDER BY bucket`),
        ],
        width: 12,
        unit: 'reqps',
        empty: 'No calls in this range.',
      }),
    )
    .withPanel(
      lines({
        title: 'Latency',
        description: 'Of all chosen servers together. Calls whose duration no layer told are left out.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, quantile(0.5)(${ms}) AS p50, quantile(0.95)(${ms}) AS p95,
  quantile(0.99)(${ms}) AS p99
FROM agent_calls WHERE ${callsOfServers} AND duration_us IS NOT NULL GROUP BY bucket ORDER BY bucket`),
        ],
        width: 12,
        unit: 's',
        empty: 'No layer told how long calls took.',
      }),
    )
    .withPanel(
      lines({
        title: 'Errors by server',
        description: 'Share of calls that failed. Refused calls are none.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, server, sumIf(sign, ${failed}) / nullIf(sum(sign), 0) AS errors FROM calls
WHERE ${callsOfServers} AND server != '' GROUP BY bucket, server ORDER BY bucket`),
        ],
        width: 12,
        unit: 'percentunit',
        empty: 'No calls in this range.',
      }),
    )

const byName = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('By name'))
    .withPanel(
      rows({
        title: 'Servers',
        description: 'Busiest first.',
        queries: [
          table(`SELECT server, count() AS calls, countIf(${failed}) / count() AS errors, countIf(decision = 'deny') AS denied,
  quantileOrNull(0.5)(${ms}) AS p50, quantileOrNull(0.95)(${ms}) AS p95,
  uniqExact(agent_id) AS agents, uniqExact(tool) AS tools, max(time) AS last_call
FROM agent_calls WHERE ${callsOfServers} GROUP BY server ORDER BY calls DESC LIMIT 200`),
        ],
        width: 24,
        height: 8,
        empty: 'No calls in this range.',
      })
        .overrideByName('server', serverLinks)
        .overrideByName('errors', [{ id: 'unit', value: 'percentunit' }])
        .overrideByRegexp('p50|p95', [{ id: 'unit', value: 's' }])
        .overrideByName('last_call', [{ id: 'unit', value: 'dateTimeFromNow' }]),
    )
    .withPanel(
      rows({
        title: 'Tools',
        description: 'Most failures first.',
        queries: [
          table(`SELECT server, tool, count() AS calls, countIf(${failed}) AS failures, countIf(${failed}) / count() AS errors,
  countIf(decision = 'deny') AS denied, quantileOrNull(0.5)(${ms}) AS p50, quantileOrNull(0.95)(${ms}) AS p95,
  uniqExact(agent_id) AS agents
FROM agent_calls WHERE ${callsOfServers} AND tool != '' GROUP BY server, tool ORDER BY failures DESC, calls DESC LIMIT 500`),
        ],
        width: 14,
        height: 10,
        empty: 'No tool was called in this range.',
      })
        .overrideByName('server', serverLinks)
        .overrideByName('errors', [{ id: 'unit', value: 'percentunit' }])
        .overrideByRegexp('p50|p95', [{ id: 'unit', value: 's' }]),
    )
    .withPanel(
      rows({
        title: 'Error types',
        description: 'What failed calls say of themselves.',
        queries: [
          table(`SELECT server, outcome, error_type, http_status, count() AS calls, max(time) AS last_call
FROM agent_calls WHERE ${callsOfServers} AND ${failed}
GROUP BY server, outcome, error_type, http_status ORDER BY calls DESC LIMIT 200`),
        ],
        width: 10,
        height: 10,
        empty: 'No call failed in this range.',
      }).overrideByName('last_call', [{ id: 'unit', value: 'dateTimeFromNow' }]),
    )
