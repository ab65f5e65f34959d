import { microsOf } from '../evaluate/measured.ts'
import type { Logic } from '../rule.ts'
import type { RuleNode } from '../rule-node.ts'
import { boundsSql, microsSql } from './measured-sql.ts'
import { provedSql } from './proved-sql.ts'

/** Where the nearest rank of a window's values holds. Each moment is joined with the calls of its window. */
export const percentileSql = (
  node: RuleNode,
  logic: Extract<Logic, { readonly kind: 'percentile' }>,
  hits: string,
): string => {
  const moments = `SELECT g, t, h AS at, toInt256(0) AS micros, toInt256(0) AS parts FROM ${hits} ORDER BY id DESC LIMIT 1 BY g, t`
  const value = microsSql(`hit.f[${node.fields.indexOf(logic.field) + 1}]`)
  const values = `arraySort(arrayFilter(value -> value IS NOT NULL, arrayMap(hit -> ${value}, p)))`
  const rank = `greatest(1, intDiv(${microsOf(logic.percentile) ?? 0n} * length(vs) + 99999999, 100000000))`
  const ranked = `SELECT g, t, at, p, assumeNotNull(vs[${rank}]) AS micros, toInt256(1) AS parts FROM (SELECT g, t, at, p, ${values} AS vs FROM (${provedSql(node, moments, hits)})) WHERE notEmpty(vs)`
  return `SELECT * FROM (${ranked}) WHERE ${boundsSql(logic.bounds)}`
}
