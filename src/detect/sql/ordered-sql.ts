import type { Correlation } from '../rule.ts'
import type { RuleNode } from '../rule-node.ts'
import { countSql } from './measured-sql.ts'
import { membersOf } from './presence-sql.ts'

/**
 * Where the members were met in their order with no breaker between. Step by step each hit gets the chain that it ends:
 * the one before it that began latest, of calls of equal time too, for these satisfy either order.
 */
export const orderedSql = ({ correlation }: RuleNode, hits: string): string => {
  const steps = membersOf(correlation)
  let rows = `SELECT *, ${epochSql(correlation)} AS epoch, if(bitTest(mask, ${steps[0] ?? 0}), [h], []) AS c FROM ${hits}`
  for (const step of steps.slice(1)) rows = nextStep(rows, step)
  const completed = `SELECT g, t, argMax(h, id) AS at, max(notEmpty(c)) AS is_met, argMaxIf(c, (c[1].t, id), notEmpty(c)) AS p FROM (${rows}) GROUP BY g, t`
  return `SELECT g, t, at, ${countSql('length(p)')}, p FROM (${completed}) WHERE is_met AND p[1].t > t - ${correlation.timespanUs}`
}

/** A breaker ends what was before it: no chain reaches over it, and calls of its own time begin anew. */
const epochSql = ({ inputs }: Correlation): string => {
  const breakers = inputs.reduce((mask, input, at) => (input.role === 'breaker' ? mask | (1 << at) : mask), 0)
  if (breakers === 0) return 'toUInt64(0)'
  return `countIf(bitAnd(mask, ${breakers}) != 0) OVER (PARTITION BY g ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
}

const nextStep = (rows: string, step: number): string => {
  const before = `argMaxIf(c, (c[1].t, t, id), notEmpty(c)) OVER (PARTITION BY g, epoch ORDER BY t RANGE BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)`
  const peers = `groupArrayIf(c, notEmpty(c)) OVER (PARTITION BY g, epoch, t)`
  const reached = `SELECT *, ${before} AS earlier, arrayFilter(chain -> NOT has(chain.id, id), ${peers}) AS equal FROM (${rows})`
  // Peers are met in turn, so of equal ones the nearest before this one counts, else the last.
  const nearest = `arraySort(chain -> (chain[1].t, chain[-1].id < id, chain[-1].id), equal)[-1]`
  const best = `if(notEmpty(equal) AND (empty(earlier) OR nearest[1].t >= earlier[1].t), nearest, earlier)`
  return `SELECT * EXCEPT (c, earlier, equal, nearest, best), if(bitTest(mask, ${step}) AND notEmpty(best), arrayPushBack(best, h), []) AS c FROM (SELECT *, ${best} AS best FROM (SELECT *, ${nearest} AS nearest FROM (${reached})))`
}
