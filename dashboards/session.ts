import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { realm, sessionIds } from './conditions.ts'
import { type DashboardOptions, frame } from './frame.ts'
import { sessionLinks } from './links.ts'
import { bars, ranking, rows, stat, thresholds } from './panels.ts'
import { series, table } from './queries.ts'
import { realmVariable, sessionVariable } from './variables.ts'
import { coloredWords, colorOf, wordColors } from './words.ts'

const calls = `${realm} AND $__timeFilter(time) AND session_id IN (${sessionIds})`
const named = `${realm} AND (id = \${session:sqlstring} OR has(aliases, \${session:sqlstring}))`
const findings = `${realm} AND hasAny(session_ids, (SELECT groupArray(session) FROM (SELECT arrayJoin(arrayConcat([id], aliases)) AS session
  FROM agent_sessions WHERE ${named})))`

/** What one agent did in one session, and what became of it. */
export const session = (options: DashboardOptions): DashboardBuilder => {
  const board = frame({
    ...options,
    uid: 'session',
    title: 'Session',
    description: 'What one agent did in one session, for whom, what it was refused, and what was done about it.',
    from: 'now-24h',
  })
    .withVariable(realmVariable())
    .withVariable(sessionVariable())
  facts(board)
  timeline(board)
  return consequences(board)
}

const fact = (title: string, description: string, column: string) =>
  stat({
    title,
    description,
    queries: [table(`SELECT ${column} FROM agent_sessions WHERE ${named} ORDER BY version DESC LIMIT 1`)],
    width: 4,
    empty: 'no such session',
    fields: '/.*/',
    mappings: [wordColors],
  })

const facts = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(fact('Agent', 'By the best evidence there is.', "if(agent_name = '', agent_id, agent_name) AS agent"))
    .withPanel(
      fact(
        'For',
        'The person or account that the agent acts for.',
        "if(user_email = '', user_id, user_email) AS person",
      ),
    )
    .withPanel(fact('Status', 'The last that applies; "revoked" only once a later call was refused.', 'status'))
    .withPanel(fact('Calls', 'What the agent asked for.', 'calls'))
    .withPanel(
      fact('Denied', 'Calls that some layer refused.', 'denies').thresholds(thresholds([1, 'orange'], [10, 'red'])),
    )
    .withPanel(fact('Belongs together by', 'What ties the calls together.', 'basis'))

const timeline = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Timeline'))
    .withPanel(
      bars({
        title: 'Calls over time',
        description: 'By the most restrictive explicit decision of any layer.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, decision, sum(sign) AS calls FROM calls
WHERE ${calls} GROUP BY bucket, decision ORDER BY bucket`),
        ],
        width: 16,
        height: 7,
        empty: 'No call of this session lies in the range. Widen it.',
      })
        .overrideByRegexp('.*deny.*', colorOf('deny'))
        .overrideByRegexp('.*allow.*', colorOf('allow')),
    )
    .withPanel(
      ranking({
        title: 'Tools',
        description: 'What the session called most.',
        queries: [
          table(`SELECT tool, sum(sign) AS calls FROM calls
WHERE ${calls} AND tool != '' GROUP BY tool HAVING calls > 0 ORDER BY calls DESC, tool LIMIT 10`),
        ],
        width: 8,
        height: 7,
        empty: 'No tool was called.',
      }),
    )
    .withPanel(
      rows({
        title: 'Calls',
        description: 'In order. "proof" marks the calls that a finding names. Each layer is shown as layer: decision.',
        queries: [
          table(`SELECT time, decision, server, method, tool, resource, outcome, duration_us / 1000000 AS duration,
  arrayStringConcat(arrayMap(l -> concat(JSONExtractString(l, 'layer'), ': ', JSONExtractString(l, 'decision')),
    JSONExtractArrayRaw(layers)), ', ') AS layers_said,
  arrayStringConcat(disagreements, ', ') AS disagreements,
  if(hasAny(arrayConcat([id], aliases), (SELECT groupUniqArrayArray(f.calls) FROM agent_findings AS f
    WHERE ${findings} AND state != 'withdrawn')), 'proof', '') AS proof, trace_id, id AS call
FROM agent_calls WHERE ${calls} ORDER BY time LIMIT 1000`),
        ],
        width: 24,
        height: 14,
        empty: 'No call of this session lies in the range. Widen it.',
      })
        .overrideByName('decision', coloredWords)
        .overrideByName('outcome', coloredWords)
        .overrideByName('duration', [{ id: 'unit', value: 's' }]),
    )

const consequences = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Findings and actions'))
    .withPanel(
      rows({
        title: 'Findings',
        description: 'What rules claim about this session.',
        queries: [
          table(`SELECT time, severity, rule_title AS rule, JSONExtractString(explanation, 'text') AS explanation, state, status,
  length(f.calls) AS calls, is_shadow AS shadow
FROM agent_findings AS f WHERE ${findings} ORDER BY time DESC LIMIT 200`),
        ],
        width: 12,
        empty: 'No rule claims anything about this session.',
      })
        .overrideByName('severity', coloredWords)
        .overrideByName('status', coloredWords),
    )
    .withPanel(
      rows({
        title: 'Actions',
        description: 'What was done, and how far it got. "verified" means that a later call of the agent was refused.',
        queries: [
          table(`SELECT first_written AS time, kind, target AS acts_on, state, lever, reason, by, expires_at AS ends,
  \${session:sqlstring} AS session
FROM agent_actions
WHERE ${realm} AND (finding_id IN (SELECT id FROM agent_findings WHERE ${findings})
  OR target IN (SELECT concat('session:', arrayJoin(arrayConcat([id], aliases))) FROM agent_sessions WHERE ${named}))
ORDER BY first_written DESC LIMIT 200`),
        ],
        width: 12,
        empty: 'Nothing was done about this session.',
      })
        .overrideByName('state', coloredWords)
        .overrideByName('session', sessionLinks),
    )
