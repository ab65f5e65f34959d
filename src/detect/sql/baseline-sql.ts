import type { BaselineLogic } from '../rule.ts'
import type { RuleNode } from '../rule-node.ts'
import { valuesTextSql } from './hits-sql.ts'
import { boundsSql, countSql } from './measured-sql.ts'

/** Where a group does more within a bucket than its own past buckets let expect. */
export const baselineSql = (node: RuleNode, logic: BaselineLogic, hits: string): string => {
  const { timespanUs } = node.correlation
  const value = logic.fields.length === 0 ? "''" : valuesTextSql(node, logic.fields)
  const count = logic.fields.length === 0 ? 'count()' : "uniqExactIf(v, v != '')"
  const bucketed = `SELECT *, ${value} AS v, intDiv(t, ${timespanUs}) AS b FROM ${hits}`
  const totals = `SELECT g, b, toInt64(${count}) AS total FROM (${bucketed}) GROUP BY g, b`
  const buckets = Math.floor(logic.lookbackUs / timespanUs)
  const past = `SELECT g, b, groupArray(total) OVER (PARTITION BY g ORDER BY b RANGE BETWEEN ${buckets} PRECEDING AND 1 PRECEDING) AS past FROM (${totals})`
  const medians = `SELECT g, b, length(past) AS known, ${medianSql('past')} AS median, ${medianSql('arrayMap(total -> abs(total - median), past)')} AS deviation FROM (${past})`
  // A group that always does the same has no deviation; one more is no anomaly.
  const expected = `SELECT g, b, median * 1000 + ${Math.round(logic.deviations * 1000)} * greatest(deviation, 1) AS threshold_milli FROM (${medians}) WHERE known >= ${logic.bucketsMin}`
  const running = `SELECT *, toInt64(${count} OVER (PARTITION BY g, b ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)) AS n FROM (${bucketed})`
  const measured = `SELECT run.g AS g, run.t AS t, run.id AS id, run.h AS h, run.n AS n, past.threshold_milli AS threshold_milli, ${countSql('run.n')} FROM (${running}) AS run INNER JOIN (${expected}) AS past ON run.g = past.g AND run.b = past.b`
  return `SELECT g, t, h AS at, micros, parts FROM (${measured}) WHERE n * 1000 > threshold_milli AND ${boundsSql(logic.bounds)} ORDER BY id DESC LIMIT 1 BY g, t`
}

/** By nearest rank. */
const medianSql = (values: string): string => `arraySort(${values})[intDiv(length(past) + 1, 2)]`
