import {
  AnnotationQueryBuilder as Annotation,
  type AnnotationQueryBuilder,
  DashboardLinkBuilder,
  DashboardLinkType,
  type DynamicConfigValue,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { realm } from './conditions.ts'
import { table } from './queries.ts'
import { clickhouseSource } from './sources.ts'

const tag = 'agenttrail'

export const tags = [tag]

/** The dashboards among each other, with the range and the variables that they share. */
export const toOtherDashboards = (): DashboardLinkBuilder =>
  new DashboardLinkBuilder('agenttrail')
    .type(DashboardLinkType.Dashboards)
    .tags(tags)
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true)

export const toPage = (): DashboardLinkBuilder =>
  new DashboardLinkBuilder('Page')
    .type(DashboardLinkType.Link)
    .url('${agenttrail}')
    .targetBlank(true)
    .icon('external link')

const cellLinks = (...links: readonly (readonly [title: string, url: string])[]): DynamicConfigValue[] => [
  { id: 'links', value: links.map(([title, url]) => ({ title, url, targetBlank: url.startsWith('${agenttrail}') })) },
]

/** For a column that holds a session's id. */
export const sessionLinks = cellLinks(
  [
    'Session in Grafana',
    '/d/agenttrail-session?var-realm=${realm}&var-session=${__value.raw:percentencode}&${__url_time_range}',
  ],
  ['Session in agenttrail', '${agenttrail}/#/sessions/${__value.raw:percentencode}'],
)

/** For a column that holds an agent's id. */
export const agentLinks = cellLinks([
  'Only this agent',
  '/d/agenttrail-fleet?var-realm=${realm}&var-agent=${__value.raw:percentencode}&${__url_time_range}',
])

/** For a column that holds the name of an MCP server. */
export const serverLinks = cellLinks([
  'This server',
  '/d/agenttrail-servers?var-realm=${realm}&var-server=${__value.raw:percentencode}&${__url_time_range}',
])

/** Findings that are not shadow, as marks on every graph. */
export const findingAnnotations = (): AnnotationQueryBuilder =>
  new Annotation()
    .name('Findings')
    .datasource(clickhouseSource)
    .enable(true)
    .iconColor('red')
    .target(
      table(
        `SELECT time, concat(severity, ': ', rule_title) AS title, JSONExtractString(explanation, 'text') AS text,
  concat(severity, ',', rule_id) AS tags
FROM agent_findings
WHERE ${realm} AND $__timeFilter(time) AND state != 'withdrawn' AND NOT is_shadow
ORDER BY time DESC LIMIT 200`,
        'Findings',
      ),
    )
