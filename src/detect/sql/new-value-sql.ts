import type { NewValueLogic } from '../rule.ts'
import type { RuleNode } from '../rule-node.ts'
import { keepWatchUs } from '../watch.ts'
import { valuesTextSql } from './hits-sql.ts'
import { countSql } from './measured-sql.ts'

/** Where a group shows a value that it did not show within the lookback, once it has been known long enough. */
export const newValueSql = (node: RuleNode, logic: NewValueLogic, hits: string): string => {
  const soFar = 'RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'
  const rows = 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW'
  const gaps = `SELECT *, ${valuesTextSql(node, logic.fields)} AS v, t - lagInFrame(t, 1, t) OVER (PARTITION BY g ORDER BY t, id ${rows}) AS gap FROM ${hits}`
  // A group that was silent for longer than anything of it is kept begins anew.
  const lives = `SELECT *, countIf(gap > ${keepWatchUs(node, true)}) OVER (PARTITION BY g ORDER BY t ${soFar}) AS life FROM (${gaps})`
  const seen = `SELECT *, min(t) OVER (PARTITION BY g, life) AS first_t, max(t) OVER (PARTITION BY g, life, v ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS last_t FROM (${lives})`
  const fresh = `SELECT *, v != '' AND last_t <= t - ${logic.lookbackUs} AS is_new FROM (${seen})`
  const peers = `SELECT g, t, argMax(h, id) AS at, countIf(is_new) AS n, arraySort(groupArrayIf(h, is_new)) AS p, min(first_t) AS known_t FROM (${fresh}) GROUP BY g, t`
  return `SELECT g, t, at, ${countSql('n')}, p FROM (${peers}) WHERE n > 0 AND known_t <= t - ${logic.warmUpUs}`
}
