import { type DashboardBuilder, RowBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { actions, findings } from './conditions.ts'
import { type DashboardOptions, frame } from './frame.ts'
import { agentLinks, sessionLinks } from './links.ts'
import { bars, lines, rows, stat, thresholds } from './panels.ts'
import { series, table } from './queries.ts'
import { realmVariable } from './variables.ts'
import { coloredWords, colorOf } from './words.ts'

const live = `${findings} AND NOT is_shadow`

/** An action's transitions as pairs of state and milliseconds; -1 where it never got there. */
const reachedMs = (state: string): string =>
  `arrayFirstOrNull(t -> JSONExtractString(t, 'state') = '${state}', JSONExtractArrayRaw(transitions))`
const secondsBetween = (from: string, to: string): string =>
  `(JSONExtractInt(assumeNotNull(${reachedMs(to)}), 'timeMs') - JSONExtractInt(assumeNotNull(${reachedMs(from)}), 'timeMs')) / 1000`
const wasVerified = `isNotNull(${reachedMs('verified')}) AND isNotNull(${reachedMs('proposed')})`

/** What rules found, what was done about it, and how far that got. */
export const findingsAndResponse = (options: DashboardOptions): DashboardBuilder => {
  const board = frame({
    ...options,
    uid: 'findings',
    title: 'Findings and response',
    description: 'What rules found, what was done about it, how far that got, and which rules cry wolf.',
    from: 'now-24h',
  }).withVariable(realmVariable())
  numbers(board)
  found(board)
  response(board)
  return quality(board)
}

const counted = (title: string, description: string, what: string, warnAt: number) =>
  stat({
    title,
    description,
    queries: [table(`SELECT countIf(${what}) AS findings FROM agent_findings WHERE ${live}`)],
    width: 4,
    empty: '0',
    limits: thresholds([warnAt, 'orange'], [warnAt * 5, 'red']),
  })

const numbers = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withPanel(counted('Open', 'Nobody has looked at them.', "status = 'open'", 1))
    .withPanel(
      counted(
        'Open, high or critical',
        'Look at these first.',
        "status = 'open' AND severity IN ('high', 'critical')",
        1,
      ),
    )
    .withPanel(
      counted(
        'Provisional',
        'The condition holds, but evidence that may change it can still come. They end as final or withdrawn within minutes.',
        "state = 'provisional'",
        20,
      ),
    )
    .withPanel(
      stat({
        title: 'Time to verified, p95',
        description: 'From proposing a revocation to the first call of the agent that was refused because of it.',
        queries: [
          table(`SELECT quantileExactOrNull(0.95)(${secondsBetween('proposed', 'verified')}) AS seconds
FROM agent_actions WHERE ${actions} AND kind IN ('hold', 'revoke') AND ${wasVerified}`),
        ],
        width: 4,
        unit: 's',
        empty: 'none verified',
        limits: thresholds([30, 'orange'], [120, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Unconfirmed or failed',
        description: 'Revocations of which nobody knows that they hold. Silence is not success: check each of them.',
        queries: [
          table(`SELECT countIf(state IN ('unconfirmed', 'failed')) AS actions
FROM agent_actions WHERE ${actions} AND kind IN ('hold', 'revoke')`),
        ],
        width: 4,
        empty: '0',
        limits: thresholds([1, 'red']),
      }),
    )
    .withPanel(
      stat({
        title: 'Dry run',
        description: 'Actions that were not carried out because the response runs dry (AGENTTRAIL_RESPONSE=dry-run).',
        queries: [table(`SELECT countIf(state = 'dryRun') AS actions FROM agent_actions WHERE ${actions}`)],
        width: 4,
        empty: '0',
      }),
    )

const found = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Findings'))
    .withPanel(
      bars({
        title: 'Findings by severity',
        description: 'When the condition was complete, not when it was noticed.',
        queries: [
          series(`SELECT $__timeInterval(time) AS bucket, severity, count() AS findings FROM agent_findings
WHERE ${live} GROUP BY bucket, severity ORDER BY bucket`),
        ],
        width: 24,
        height: 7,
        empty: 'No rule found anything in this range.',
      })
        .overrideByRegexp('.*critical.*', colorOf('critical'))
        .overrideByRegexp('.*high.*', colorOf('high'))
        .overrideByRegexp('.*medium.*', colorOf('medium'))
        .overrideByRegexp('.*low.*', colorOf('low')),
    )
    .withPanel(
      rows({
        title: 'Findings',
        description: 'Open ones first, then the newest. A session leads to the calls that prove the finding.',
        queries: [
          table(`SELECT time, severity, rule_title AS rule, JSONExtractString(explanation, 'text') AS explanation,
  agent_id AS agent, user_email AS person, session_ids[1] AS session, state, status, length(calls) AS calls, note
FROM agent_findings WHERE ${live} ORDER BY status = 'open' DESC, time DESC LIMIT 500`),
        ],
        width: 24,
        height: 11,
        empty: 'No rule found anything in this range.',
      })
        .overrideByName('severity', coloredWords)
        .overrideByName('status', coloredWords)
        .overrideByName('agent', agentLinks)
        .overrideByName('session', sessionLinks),
    )

const response = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Response'))
    .withPanel(
      bars({
        title: 'Actions by state',
        description: 'Where the actions of each interval stand now.',
        queries: [
          series(`SELECT $__timeInterval(first_written) AS bucket, state, count() AS actions FROM agent_actions
WHERE ${actions} GROUP BY bucket, state ORDER BY bucket`),
        ],
        width: 12,
        empty: 'Nothing was done in this range.',
      }),
    )
    .withPanel(
      lines({
        title: 'Time to verified',
        description: 'From proposed to verified: half of the revocations were faster than p50.',
        queries: [
          series(`SELECT $__timeInterval(first_written) AS bucket, quantileExact(0.5)(seconds) AS p50, quantileExact(0.95)(seconds) AS p95
FROM (SELECT first_written, ${secondsBetween('proposed', 'verified')} AS seconds
  FROM agent_actions WHERE ${actions} AND kind IN ('hold', 'revoke') AND ${wasVerified})
GROUP BY bucket ORDER BY bucket`),
        ],
        width: 12,
        unit: 's',
        empty: 'No revocation was verified in this range.',
      }),
    )
    .withPanel(
      rows({
        title: 'Ledger',
        description: 'Everything that was done or would have been done, by whom, and how far it got.',
        queries: [
          table(`SELECT first_written AS time, kind, target AS acts_on, state, lever, reason, by, expires_at AS ends,
  if(startsWith(target, 'session:'), substring(target, 9), '') AS session
FROM agent_actions WHERE ${actions} ORDER BY first_written DESC LIMIT 500`),
        ],
        width: 24,
        height: 10,
        empty: 'Nothing was done in this range.',
      })
        .overrideByName('state', coloredWords)
        .overrideByName('session', sessionLinks),
    )

const quality = (board: DashboardBuilder): DashboardBuilder =>
  board
    .withRow(new RowBuilder('Rules'))
    .withPanel(
      rows({
        title: 'Rules',
        description:
          'Share of false positives among the findings that somebody judged. Above a fifth a rule needs work.',
        queries: [
          table(`SELECT rule_title AS rule, rule_id AS id, count() AS findings, countIf(status = 'truePositive') AS true_positive,
  countIf(status = 'falsePositive') AS false_positive,
  countIf(status = 'falsePositive') / nullIf(countIf(status IN ('truePositive', 'falsePositive')), 0) AS false_share,
  max(time) AS last_seen
FROM agent_findings WHERE ${live} GROUP BY rule, id ORDER BY findings DESC LIMIT 200`),
        ],
        width: 12,
        empty: 'No rule found anything in this range.',
      })
        .overrideByName('false_share', [
          { id: 'unit', value: 'percentunit' },
          { id: 'thresholds', value: thresholds([0.1, 'yellow'], [0.2, 'red']).build() },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ])
        .overrideByName('last_seen', [{ id: 'unit', value: 'dateTimeFromNow' }]),
    )
    .withPanel(
      rows({
        title: 'Shadow rules',
        description: 'What rules that may not act yet would have found. Judge them here before they may.',
        queries: [
          table(`SELECT rule_title AS rule, rule_id AS id, count() AS findings, uniqExact(agent_id) AS agents,
  uniqExactArray(session_ids) AS sessions, max(time) AS last_seen
FROM agent_findings WHERE ${findings} AND is_shadow GROUP BY rule, id ORDER BY findings DESC LIMIT 200`),
        ],
        width: 12,
        empty: 'No shadow rule found anything in this range.',
      }).overrideByName('last_seen', [{ id: 'unit', value: 'dateTimeFromNow' }]),
    )
