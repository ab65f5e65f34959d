import { factFields } from '../call-fields.ts'
import { severityRank } from '../match.ts'
import type { Correlation, Rule } from '../rule.ts'
import { nodesOf, type RuleNode } from '../rule-node.ts'
import { keepWatchUs } from '../watch.ts'
import type { NodeTree } from './hits-sql.ts'
import { holdsSql, provenSql } from './holds-sql.ts'
import { boundsSql } from './measured-sql.ts'
import { QueryParts } from './query-parts.ts'

/** A rule as one query over stored calls. */
export interface RuleSql {
  /**
   * Gives a row for each finding. Its parameters beside `params` are `realms`, `readFromUs` and `readToUs` (the calls that
   * are read), `fromUs` and `toUs` (when findings are completed), `throughUs` (up to where calls are final) and `limit`.
   */
  readonly sql: string
  readonly params: Readonly<Record<string, string | number>>
  readonly outer: RuleNode
  /** How long before the first finding calls must be read, and how long after the last one. */
  readonly beforeUs: number
  readonly afterUs: number
}

/** Compiles a rule to the query that finds what the stream finds once its calls are final. */
export const ruleSql = (rule: Rule): RuleSql => {
  const params = new QueryParts()
  const { nodes } = nodesOf([rule], factFields)
  const outer = nodes[0] as RuleNode
  const found = holdsSql(treeOf(outer, nodes), params)
  const needsProof = rule.severitySteps.some((step) => step.inputs.length > 0)
  const { timespanUs } = rule.correlation
  const holds = needsProof ? provenSql(outer, found) : found.sql
  const inRange = `intDiv(t, ${timespanUs}) >= intDiv({fromUs:Int64}, ${timespanUs}) AND t < {toUs:Int64}`
  const ranked = `SELECT *, intDiv(t, ${timespanUs}) AS bucket, ${severitySql(rule)} AS severity_rank FROM (${holds}) WHERE ${inRange}`
  // A bucket says one thing: the first that was found in it, or the first that is worse.
  const first = `SELECT * FROM (${ranked}) ORDER BY severity_rank DESC, t, at.id LIMIT 1 BY g, bucket`
  const proved = needsProof ? first : withSeverity(rule, provenSql(outer, { ...found, sql: first }))
  return {
    sql: `WITH ${[`seen_calls AS (${callsSql})`, ...params.parts].join(', ')} SELECT g, bucket, severity_rank, toString(micros) AS micros, toString(parts) AS parts, p FROM (${proved}) ORDER BY bucket, g LIMIT {limit:UInt32} SETTINGS enable_materialized_cte = 1`,
    params: params.values,
    outer,
    beforeUs: Math.max(...nodes.map((node) => reachUs(node))),
    afterUs: Math.max(
      0,
      ...nodes.map((node) => (node.correlation.logic.kind === 'absence' ? node.correlation.timespanUs : 0)),
    ),
  }
}

/** Adding the proof keeps what a hold is; its bucket and severity follow from that. */
const withSeverity = (rule: Rule, proved: string): string =>
  `SELECT *, intDiv(t, ${rule.correlation.timespanUs}) AS bucket, ${severitySql(rule)} AS severity_rank FROM (${proved})`

const treeOf = (node: RuleNode, nodes: readonly RuleNode[]): NodeTree => ({
  node,
  inner: new Map(
    nodes
      .filter((each) => each.parent?.node === node)
      .map((each) => [each.parent?.input ?? 0, treeOf(each, nodes)] as const),
  ),
})

const severitySql = (rule: Rule): string => {
  const steps = rule.severitySteps.map((step) => {
    const mask = step.inputs.reduce((bits, input) => bits | (1 << input), 0)
    const isMet = mask === 0 ? '' : ` AND arrayExists(hit -> bitAnd(hit.mask, ${mask}) != 0, p)`
    return `if(${boundsSql(step.bounds)}${isMet}, ${severityRank(step.severity)}, 0)`
  })
  return `greatest(${[severityRank(rule.severity), ...steps].join(', ')}${steps.length === 0 ? ', 0' : ''})`
}

/** How far back the windows of a correlation and of those around it reach together. */
const reachUs = (node: RuleNode): number => ownReachUs(node) + (node.parent === null ? 0 : reachUs(node.parent.node))

const ownReachUs = (node: RuleNode): number => {
  const { logic, timespanUs }: Correlation = node.correlation
  if (logic.kind === 'newValue') return logic.warmUpUs + keepWatchUs(node, true)
  if (logic.kind === 'baseline') return logic.lookbackUs + timespanUs
  // A finding's bucket may begin before the range does.
  return timespanUs * 2
}

const layerViews =
  'Array(Tuple(layer String, product String, kind String, decision String, policyId String, reasons Array(String)))'

const callsSql = `SELECT *, toUnixTimestamp64Micro(time) AS t, JSONExtract(layers, '${layerViews}') AS layer_views FROM agent_calls WHERE realm IN {realms:Array(String)} AND NOT is_orphan AND time >= fromUnixTimestamp64Micro({readFromUs:Int64}, 'UTC') AND time < fromUnixTimestamp64Micro({readToUs:Int64}, 'UTC')`
