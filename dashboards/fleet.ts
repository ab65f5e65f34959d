import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { agents, callsOfAgents, findings, realm, sessionsOfAgents } from './conditions.ts'
import { type DashboardOptions, frame } from './frame.ts'
import { agentLinks, sessionLinks } from './links.ts'
import { bars, ranking, rows, stat, thresholds } from './panels.ts'
import { series, table } from './queries.ts'
import { agentVariable, realmVariable } from './variables.ts'
import { coloredWords, colorOf } from './words.ts'

/** Which agents are at work, for whom, and what they are refused. */
export const fleet = (options: DashboardOptions): DashboardBuilder => {
  const board = frame({
    ...options,
    uid: 'fleet',
    title: 'Fleet',
    description: 'Which agents are at work, for whom, and what they are refused.',
    from: 'now-6h',
  })
    .withVariable(realmVariable())
    .withVariable(agentVariable())
  volume(board)
  alarming(board)
  traffic(board)
  tools(board)
  newcomers(board)
  return sessions(board)
}

const volume = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(
      stat({
        title: 'Agents',
        description: 'Agents with a session that began in the range. A session without any identity counts for none.',
        queries: [
          table(`SELECT uniqExactIf(agent_id, agent_id != '') AS agents FROM agent_sessions WHERE ${sessionsOfAgents}`),
        ],
        width: 4,
        empty: '0',
      }),
    )
    .withPanel(
      stat({
        title: 'Sessions',
        description: 'Sessions that began in the range.',
        queries: [table(`SELECT sum(sign) AS sessions FROM sessions WHERE ${sessionsOfAgents}`)],
        width: 4,
        empty: '0',
      }),
    )
    .withPanel(
      stat({
        title: 'Calls',
        description: 'What agents asked for: one request counts once, however many layers wrote about it.',
        queries: [table(`SELECT sum(sign) AS calls FROM calls WHERE ${callsOfAgents}`)],
        width: 4,
        unit: 'short',
        empty: '0',
      }),
    )

const alarming = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(
      stat({
        title: 'Denied',
        description:
          'Share of calls that some layer refused outright. A steady share is policy at work; a jump is not.',
        queries: [
          table(
            `SELECT sumIf(sign, decision = 'deny') / nullIf(sum(sign), 0) AS denied FROM calls WHERE ${callsOfAgents}`,
          ),
        ],
        width: 4,
        unit: 'percentunit',
        empty: 'no calls',
        limits: thresholds([0.05, 'yellow'], [0.2, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Open findings',
        description: 'Findings of high or critical severity that nobody has looked at. Shadow rules are left out.',
        queries: [
          table(`SELECT count() AS open FROM agent_findings
WHERE ${findings} AND ${agents} AND status = 'open' AND NOT is_shadow AND severity IN ('high', 'critical')`),
        ],
        width: 4,
        empty: '0',
        limits: thresholds([1, 'orange'], [5, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Sessions held or flagged',
        description: 'Sessions of the range that are flagged, being revoked, or revoked.',
        queries: [
          table(`SELECT countIf(status IN ('flagged', 'revoking', 'unconfirmed', 'revoked')) AS sessions
FROM agent_sessions WHERE ${sessionsOfAgents}`),
        ],
        width: 4,
        empty: '0',
        limits: thresholds([1, 'orange']),
      }),
    )

const traffic = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Traffic'))
    .withPanel(
      bars({
        title: 'Calls by decision',
        description:
          'The most restrictive explicit decision of any layer. "not_evaluated" is no allow: nobody decided.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, decision, sum(sign) AS calls FROM calls
WHERE ${callsOfAgents} GROUP BY bucket, decision ORDER BY bucket`),
        ],
        width: 12,
        empty: 'No calls in this range. Is a source silent? See the Pipeline dashboard.',
      })
        .overrideByRegexp('.*deny.*', colorOf('deny'))
        .overrideByRegexp('.*allow.*', colorOf('allow')),
    )
    .withPanel(
      bars({
        title: 'Denies by layer',
        description: 'Which layer refused: the proxy in front, the gateway, or the MCP server itself.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, JSONExtractString(layer, 'layer') AS by_layer, sum(sign) AS denies
FROM calls ARRAY JOIN JSONExtractArrayRaw(layers) AS layer
WHERE ${callsOfAgents} AND decision = 'deny' AND JSONExtractString(layer, 'decision') = 'deny'
GROUP BY bucket, by_layer ORDER BY bucket`),
        ],
        width: 12,
        empty: 'Nothing was refused in this range.',
      }),
    )

const tools = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(
      ranking({
        title: 'Top tools',
        description: 'The 15 tools that were called most, by their bare name: prefixes of gateways are taken off.',
        queries: [
          table(`SELECT tool, sum(sign) AS calls FROM calls
WHERE ${callsOfAgents} AND tool != '' GROUP BY tool HAVING calls > 0 ORDER BY calls DESC, tool LIMIT 15`),
        ],
        width: 8,
        height: 10,
        empty: 'No tool was called in this range.',
      }),
    )
    .withPanel(
      ranking({
        title: 'Most refused tools',
        description: 'The 15 tools that were refused most. An agent that tries what it may not is worth a look.',
        queries: [
          table(`SELECT tool, sum(sign) AS denies FROM calls
WHERE ${callsOfAgents} AND tool != '' AND decision = 'deny'
GROUP BY tool HAVING denies > 0 ORDER BY denies DESC, tool LIMIT 15`),
        ],
        width: 8,
        height: 10,
        empty: 'Nothing was refused in this range.',
      }),
    )
    .withPanel(
      bars({
        title: 'Disagreements between layers',
        description:
          'Calls that layers saw differently: past the proxy, refused and yet executed, let through with nobody behind it to decide, a span without a log.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, disagreement, sum(sign) AS calls
FROM calls ARRAY JOIN disagreements AS disagreement
WHERE ${callsOfAgents} GROUP BY bucket, disagreement ORDER BY bucket`),
        ],
        width: 8,
        height: 10,
        empty: 'The layers agree.',
      }),
    )

const newcomers = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Agents'))
    .withPanel(
      rows({
        title: 'Agents',
        description: 'The agents of the range, the most refused first.',
        queries: [
          table(`SELECT agent_id AS agent, anyLast(agent_name) AS name, uniqExact(user_email) AS people, count() AS sessions,
  sum(s.calls) AS calls, sum(s.denies) AS denied, max(s.risk) AS risk, max(s.end_time) AS last_seen
FROM agent_sessions AS s
WHERE ${sessionsOfAgents} GROUP BY agent ORDER BY denied DESC, calls DESC LIMIT 200`),
        ],
        width: 15,
        empty: 'No agent was seen in this range.',
      })
        .overrideByName('agent', agentLinks)
        .overrideByName('last_seen', [{ id: 'unit', value: 'dateTimeFromNow' }]),
    )
    .withPanel(
      rows({
        title: 'New agents',
        description: 'First seen in the range and not in the 30 days before it.',
        queries: [
          table(`SELECT agent_id AS agent, anyLast(agent_name) AS name, anyLast(user_email) AS person,
  min(start_time) AS first_seen
FROM agent_sessions
WHERE ${realm} AND start_time >= $__fromTime - INTERVAL 30 DAY AND start_time <= $__toTime AND agent_id != '' AND ${agents}
GROUP BY agent HAVING first_seen >= $__fromTime ORDER BY first_seen DESC LIMIT 100`),
        ],
        width: 9,
        empty: 'No agent is new.',
      })
        .overrideByName('agent', agentLinks)
        .overrideByName('first_seen', [{ id: 'unit', value: 'dateTimeFromNow' }]),
    )

const sessions = (board: DashboardBuilder): DashboardBuilder =>
  board.withRow(new RowBuilder('Sessions')).withPanel(
    rows({
      title: 'Sessions',
      description:
        'Newest first. A session leads to its timeline; confidence says how sure it is that its calls belong together.',
      queries: [
        table(`SELECT start_time AS start, id AS session, agent_name AS agent, user_email AS person, status, calls,
  denies AS denied, risk, length(findings) AS findings, basis, confidence_milli / 1000 AS confidence,
  dateDiff('second', start_time, end_time) AS duration
FROM agent_sessions WHERE ${sessionsOfAgents} ORDER BY start_time DESC LIMIT 500`),
      ],
      width: 24,
      height: 12,
      empty: 'No session began in this range.',
    })
      .overrideByName('session', sessionLinks)
      .overrideByName('status', coloredWords)
      .overrideByName('confidence', [{ id: 'unit', value: 'percentunit' }])
      .overrideByName('duration', [{ id: 'unit', value: 's' }]),
  )
