import type { RuleNode } from '../rule-node.ts'
import { countSql } from './measured-sql.ts'

/** Where the first rule was met and the second not within the timespan after it, as far as that is decided. */
export const absenceSql = ({ correlation: { timespanUs } }: RuleNode, hits: string): string => {
  // From the newest on, so that what follows a call is what came before it: its frame only grows.
  const next = `min(if(bitTest(mask, 1), t, toInt64(${neverUs}))) OVER (PARTITION BY g ORDER BY -t RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
  return `SELECT g, t, h AS at, ${countSql('1')}, [h] AS p FROM (SELECT *, ${next} AS next_t FROM ${hits}) WHERE bitTest(mask, 0) AND next_t > t + ${timespanUs} AND t <= {throughUs:Int64} - ${timespanUs}`
}

const neverUs = 9_000_000_000_000_000_000n
