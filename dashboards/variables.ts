import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import {
  ConstantVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard'
import { clickhouseSource } from './sources.ts'

const queried = (name: string, label: string, sql: string): QueryVariableBuilder =>
  new QueryVariableBuilder(name)
    .label(label)
    .datasource(clickhouseSource)
    .query(sql)
    .definition(sql)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)

const many = (variable: QueryVariableBuilder): QueryVariableBuilder =>
  variable.multi(true).includeAll(true).current({ text: 'All', value: '$__all' })

export const realmVariable = (): QueryVariableBuilder =>
  queried('realm', 'Realm', 'SELECT DISTINCT realm FROM sessions WHERE $__timeFilter(start_time) LIMIT 1000')
    .description('The tenant or environment. Calls never join across realms.')
    .current({ text: 'default', value: 'default' })

/** The first column is the value, the second what is shown. */
export const agentVariable = (): QueryVariableBuilder =>
  many(
    queried(
      'agent',
      'Agent',
      `SELECT agent_id, concat(anyLast(agent_name), ' · ', agent_id) AS label FROM sessions
WHERE realm = \${realm:sqlstring} AND $__timeFilter(start_time) GROUP BY agent_id LIMIT 1000`,
    ),
  )

export const serverVariable = (): QueryVariableBuilder =>
  many(
    queried(
      'server',
      'MCP server',
      `SELECT DISTINCT server FROM calls
WHERE realm = \${realm:sqlstring} AND $__timeFilter(time) AND server != '' LIMIT 1000`,
    ),
  )

export const sessionVariable = (): QueryVariableBuilder =>
  queried(
    'session',
    'Session',
    `SELECT id, concat(formatDateTime(start_time, '%F %T'), ' · ', agent_name, ' · ', user_email, if(status = 'active', '', concat(' · ', status))) AS label
FROM agent_sessions WHERE realm = \${realm:sqlstring} AND $__timeFilter(start_time) ORDER BY start_time DESC LIMIT 500`,
  )
    .description('Newest first. A link from another dashboard chooses one.')
    .sort(VariableSort.Disabled)

/** Where agenttrail's own pages are; a constant, so that no link to a dashboard can point them elsewhere. */
export const agenttrailUrl = (url: string): Builder<VariableModel> => ({
  build: () => ({
    ...new ConstantVariableBuilder('agenttrail').label('agenttrail').value(url).build(),
    hide: VariableHide.HideVariable,
  }),
})
