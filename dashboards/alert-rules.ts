import { QueryBuilder, RuleBuilder } from '@grafana/grafana-foundation-sdk/alerting'
import { TypeThresholdBuilder } from '@grafana/grafana-foundation-sdk/expr'
import { table } from './queries.ts'
import { clickhouseSource } from './sources.ts'

interface AlertRule {
  readonly uid: string
  readonly title: string
  readonly summary: string
  readonly description: string
  readonly severity: 'page' | 'ticket'
  /** Text columns become labels; the one number is compared with `above`. */
  readonly sql: string
  readonly above: number
  readonly rangeSeconds: number
  readonly forMinutes: number
  readonly link: string
}

const calls = "$__timeFilter(time) AND tool != ''"
const failed = "outcome IN ('tool_error', 'protocol_error', 'timeout', 'failure')"
const fleet = '/d/agenttrail-fleet?var-realm={{ $labels.realm }}&var-agent={{ urlquery $labels.agent }}'
const quarter = 900
const week = 7 * 86_400
const month = 30 * 86_400

/** What a person wants to be told about how agents use tools, besides what the rules of agenttrail find. */
export const alertRules: readonly AlertRule[] = [
  {
    uid: 'agenttrail-tool-refused',
    title: 'An agent keeps asking for a tool that it may not use',
    summary: '{{ $labels.agent }} was refused {{ $labels.tool }} {{ $values.A.Value }} times within 15 minutes.',
    description: 'Probing, or a task that its policy does not fit. Look at the session before widening the policy.',
    severity: 'ticket',
    sql: `SELECT realm, agent_id AS agent, tool, sum(sign) AS denies FROM calls
WHERE ${calls} AND decision = 'deny' GROUP BY realm, agent, tool HAVING denies > 0 ORDER BY denies DESC LIMIT 100`,
    above: 9,
    rangeSeconds: quarter,
    forMinutes: 0,
    link: fleet,
  },
  {
    uid: 'agenttrail-tool-surge',
    title: 'An agent uses a tool far more than it ever did',
    summary:
      '{{ $labels.agent }} called {{ $labels.tool }} {{ $values.A.Value }} times as often as in its busiest hour of the week.',
    description: 'A loop, a new task, or somebody else at the wheel.',
    severity: 'ticket',
    sql: `SELECT realm, agent, tool, newest / usual AS times FROM (
  SELECT realm, agent, tool, sumIf(hourly, hours_ago = 0) AS newest, maxIf(hourly, hours_ago > 0) AS usual,
    countIf(hours_ago > 0) AS hours
  FROM (SELECT realm, agent_id AS agent, tool, intDiv(dateDiff('second', time, $__toTime), 3600) AS hours_ago, sum(sign) AS hourly
    FROM calls WHERE ${calls} GROUP BY realm, agent, tool, hours_ago)
  GROUP BY realm, agent, tool)
WHERE newest >= 50 AND hours >= 3 AND usual > 0 ORDER BY times DESC LIMIT 100`,
    above: 5,
    rangeSeconds: week,
    forMinutes: 0,
    link: fleet,
  },
  {
    uid: 'agenttrail-tool-new',
    title: 'A tool is called that nobody called before',
    summary: '{{ $labels.tool }} of {{ $labels.server }} was called for the first time in 30 days.',
    description:
      'A new server or version, or a tool that was put there by somebody else. Compare its description with what it does.',
    severity: 'ticket',
    sql: `SELECT realm, server, tool, sumIf(sign, time >= $__toTime - INTERVAL 1 HOUR) AS newest FROM calls
WHERE ${calls} AND realm IN (SELECT realm FROM calls WHERE $__timeFilter(time) AND time < $__toTime - INTERVAL 1 DAY GROUP BY realm)
GROUP BY realm, server, tool HAVING newest > 0 AND min(time) >= $__toTime - INTERVAL 1 HOUR LIMIT 100`,
    above: 0,
    rangeSeconds: month,
    forMinutes: 0,
    link: '/d/agenttrail-servers?var-realm={{ $labels.realm }}&var-server={{ urlquery $labels.server }}',
  },
  {
    uid: 'agenttrail-tool-errors',
    title: 'A tool fails',
    summary:
      '{{ humanizePercentage $values.A.Value }} of the calls of {{ $labels.tool }} on {{ $labels.server }} failed within 15 minutes.',
    description: 'Of at least 20 calls. Refused calls are not counted.',
    severity: 'ticket',
    sql: `SELECT realm, server, tool, sumIf(sign, ${failed}) / sum(sign) AS errors FROM calls
WHERE ${calls} GROUP BY realm, server, tool HAVING sum(sign) >= 20 ORDER BY errors DESC LIMIT 100`,
    above: 0.2,
    rangeSeconds: quarter,
    forMinutes: 5,
    link: '/d/agenttrail-servers?var-realm={{ $labels.realm }}&var-server={{ urlquery $labels.server }}',
  },
  {
    uid: 'agenttrail-layers-disagree',
    title: 'A call got past a layer that should have seen or stopped it',
    summary: '{{ $values.A.Value }} calls to {{ $labels.server }} within 15 minutes: {{ $labels.disagreement }}.',
    description: 'Past the proxy, or executed although refused: enforcement has a hole.',
    severity: 'page',
    sql: `SELECT realm, server, disagreement, sum(sign) AS found FROM calls ARRAY JOIN disagreements AS disagreement
WHERE $__timeFilter(time) AND disagreement IN ('bypassed_proxy', 'reached_upstream_after_deny')
GROUP BY realm, server, disagreement HAVING found > 0 ORDER BY found DESC LIMIT 100`,
    above: 0,
    rangeSeconds: quarter,
    forMinutes: 2,
    link: '/d/agenttrail-servers?var-realm={{ $labels.realm }}&var-server={{ urlquery $labels.server }}',
  },
  {
    uid: 'agenttrail-finding-waits',
    title: 'A finding waits for somebody to look at it',
    summary: '{{ $values.A.Value }} findings of {{ $labels.rule }} are open, {{ $labels.severity }}.',
    description: 'Of high or critical severity, final, and nobody has acknowledged them.',
    severity: 'page',
    sql: `SELECT realm, rule_title AS rule, severity, count() AS open FROM agent_findings
WHERE $__timeFilter(time) AND status = 'open' AND state = 'final' AND NOT is_shadow AND severity IN ('high', 'critical')
GROUP BY realm, rule, severity ORDER BY open DESC LIMIT 100`,
    above: 0,
    rangeSeconds: 86_400,
    forMinutes: 15,
    link: '/d/agenttrail-findings?var-realm={{ $labels.realm }}',
  },
]

/** The rules as Grafana's file provisioning takes them. */
export const alertProvisioning = (): unknown => ({
  apiVersion: 1,
  groups: [
    {
      orgId: 1,
      name: 'tool usage',
      folder: 'agenttrail',
      interval: '1m',
      rules: alertRules.map(provisioned).map(escaped),
    },
  ],
})

const provisioned = (rule: AlertRule): Readonly<Record<string, unknown>> => {
  const built = new RuleBuilder(rule.title)
    .uid(rule.uid)
    .condition('B')
    .withQuery(
      new QueryBuilder('A')
        .datasourceUid(clickhouseSource.uid)
        .relativeTimeRange({ from: rule.rangeSeconds, to: 0 })
        .model(table(rule.sql)),
    )
    .withQuery(
      new QueryBuilder('B')
        .datasourceUid('__expr__')
        .relativeTimeRange({ from: 0, to: 0 })
        .model(
          new TypeThresholdBuilder()
            .refId('B')
            .expression('A')
            .conditions([{ evaluator: { type: 'gt', params: [rule.above] } }]),
        ),
    )
    .forDuration(`${rule.forMinutes}m`)
    // No row is what should be; a store that does not answer has an alert of its own.
    .noDataState('OK')
    .execErrState('KeepLast')
    .labels({ severity: rule.severity, product: 'agenttrail' })
    .annotations({ summary: rule.summary, description: rule.description, link: rule.link })
    .build()
  const { uid, title, condition, data, noDataState, execErrState, annotations, labels } = built
  return { uid, title, condition, data, noDataState, execErrState, for: built.for, annotations, labels }
}

/** Grafana puts variables of its environment where a provisioned text holds `$name`; `$$` is a dollar. */
const escaped = (rule: object): unknown => JSON.parse(JSON.stringify(rule).replaceAll('$', '$$$$'))
