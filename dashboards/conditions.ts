/**
 * Conditions that the dashboards' variables set. Every query names the realm first: it leads each table's key.
 * `:sqlstring` quotes values; what a variable offers came from logs, and whoever wrote those must not write SQL.
 */
export const realm = 'realm = ${realm:sqlstring}'

const oneOf = (column: string, variable: string): string =>
  `$__conditionalAll(${column} IN (\${${variable}:sqlstring}), $${variable})`

export const agents = oneOf('agent_id', 'agent')
export const servers = oneOf('server', 'server')

/** Rows of `calls` in the range. Changed calls take back their row, so counts are `sum(sign)`. */
export const callsOfAgents = `${realm} AND $__timeFilter(time) AND ${agents}`
export const callsOfServers = `${realm} AND $__timeFilter(time) AND ${servers}`
export const sessionsOfAgents = `${realm} AND $__timeFilter(start_time) AND ${agents}`
/** What was withdrawn was never so. */
export const findings = `${realm} AND $__timeFilter(time) AND state != 'withdrawn'`
export const actions = `${realm} AND $__timeFilter(first_written)`

/** Ids that the chosen session has and had. */
export const sessionIds = `SELECT arrayJoin(arrayConcat([id], aliases)) FROM agent_sessions
  WHERE ${realm} AND (id = \${session:sqlstring} OR has(aliases, \${session:sqlstring}))`
